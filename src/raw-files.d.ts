// Shaders and Python sources are imported as text.
declare module '*.wgsl?raw' {
  const source: string;
  export default source;
}
declare module '*.py?raw' {
  const source: string;
  export default source;
}
