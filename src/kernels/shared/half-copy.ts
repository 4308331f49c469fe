// For optimizer kernels whose parameters have no half-precision copy: the writing of one comes to nothing.

export const NO_HALF = 'fn half_set4(i: u32, v: vec4<f32>) {}';
