// Names under which tfjs knows the backends that may run our operations.

/** Our WebGPU backend. No underscore: tfjs's kernel registry splits keys there. */
export const WEBGPU_BACKEND = 'atelier';
/** The same without a GPU behind it; see `dry-run.ts`. */
export const DRY_BACKEND = 'dry';
export const BACKEND_NAMES = [WEBGPU_BACKEND, 'webgl', 'cpu'] as const;
export type BackendName = (typeof BACKEND_NAMES)[number];
