// WGSL files are imported as text; Vite's `?raw` gives it.
declare module '*.wgsl?raw' {
  const source: string;
  export default source;
}
