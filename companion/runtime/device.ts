/** Devices by onnxruntime's names for its execution providers. Plain names: `--help` lists them without loading onnxruntime. */

/** Best first. CoreML only on request: it takes static subgraphs, and leaves the rest of a graph to the CPU. */
export const AUTOMATIC_ORDER = ['cuda', 'dml', 'webgpu', 'cpu'] as const;

export const DEVICES = [...AUTOMATIC_ORDER, 'coreml'] as const;

export type Device = (typeof DEVICES)[number];
