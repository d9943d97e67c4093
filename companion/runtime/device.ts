/** Devices by onnxruntime's names for its execution providers. Plain names: `--help` lists them without loading onnxruntime. */

/** Best first. CoreML only on request: it takes static subgraphs, and leaves the rest of a graph to the CPU. */
export const AUTOMATIC_ORDER = ['cuda', 'dml', 'webgpu', 'cpu'] as const;

export const DEVICES = [...AUTOMATIC_ORDER, 'coreml'] as const;

export type Device = (typeof DEVICES)[number];

/** Precisions of a denoiser. fp16 stores and multiplies in half precision, with norms, softmax and loss in single. */
export const PRECISIONS = ['fp32', 'fp16'] as const;

export type DevicePrecision = (typeof PRECISIONS)[number];

/** Device and precision in words: "cuda in fp16"; full precision goes without saying. */
export function computesOn({
  device,
  precision,
}: {
  readonly device: string;
  readonly precision: DevicePrecision;
}): string {
  return precision === 'fp16' ? `${device} in fp16` : device;
}
