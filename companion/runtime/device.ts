/** Names are onnxruntime's names of its execution providers. */
export type Device = 'cpu' | 'cuda' | 'dml' | 'webgpu' | 'coreml';
