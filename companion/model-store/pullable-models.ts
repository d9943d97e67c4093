/** Models that are known by a short name to `likeness models pull`. */

export interface PullableModel {
  /** `owner/name` on the hub. */
  readonly repository: string;
  readonly licence: string;
  /** About, in bytes, of what is fetched. */
  readonly sizeBytes: { readonly fp16: number; readonly fp32: number };
  /** Side in pixels. */
  readonly resolution: number;
}

/** Short, since every entry is a promise that the model works. */
export const PULLABLE_MODELS: Readonly<Record<string, PullableModel>> = {
  'stable-diffusion-v1-5': {
    repository: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
    licence: 'creativeml-openrail-m',
    sizeBytes: { fp16: 2.1e9, fp32: 4.3e9 },
    resolution: 512,
  },
};
