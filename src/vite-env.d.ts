// What Vite puts into import.meta, for the folders that are compiled without its own types.
interface ImportMetaEnv {
  readonly DEV: boolean;
}
interface ImportMeta {
  readonly env: ImportMetaEnv;
}
