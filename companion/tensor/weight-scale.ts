/**
 * Scales of quantised weights: a tensor of eight-bit floats stands for its values times a scale that lies beside it, one
 * for the whole tensor or one a row. `weight` is scaled by `scale_weight` (ComfyUI) or `weight_scale` (compressed-tensors,
 * newer ComfyUI); scales of a layer's input are of use to eight-bit arithmetic alone.
 */

import { LikenessError } from '../../shared/errors.ts';
import { isFloatDType } from './safetensors-dtype.ts';
import type { TensorEntry } from './safetensors-header.ts';
import { elementCount } from './tensor.ts';

const WEIGHT = /weight$/;
const SCALES = ['scale_weight', 'weight_scale', 'weight_scale_inv'] as const;

/**
 * The same files, whose tensors know their scales; a scale may lie in another of them.
 * @throws LikenessError `checkpoint-unsupported` for a scale that is neither of the whole tensor nor of its rows
 */
export function withScales<File extends { readonly tensors: ReadonlyMap<string, TensorEntry> }>(
  sources: readonly File[],
): readonly File[] {
  const all = new Map(sources.flatMap(({ tensors }) => [...tensors]));
  return sources.map((source) => {
    const tensors = [...source.tensors].map(([name, entry]) => {
      const scale = scaleOf(entry, all);
      return [name, scale === undefined ? entry : { ...entry, scale }] as const;
    });
    return { ...source, tensors: new Map(tensors) };
  });
}

function scaleOf(entry: TensorEntry, all: ReadonlyMap<string, TensorEntry>): TensorEntry | undefined {
  if (!entry.dtype.startsWith('F8_') || !WEIGHT.test(entry.name)) return undefined;
  const scale = SCALES.map((name) => all.get(entry.name.replace(WEIGHT, name))).find(
    (found) => found !== undefined,
  );
  if (scale === undefined) return undefined;
  const count = elementCount(scale.shape);
  // One a row is a column, as long as the rows are many: [m], or [m, 1] and the like.
  const isKnown = count === 1 || (count === entry.shape[0] && scale.shape[0] === count);
  if (isKnown && isFloatDType(scale.dtype)) return scale;
  throw new LikenessError(
    'checkpoint-unsupported',
    `${entry.file}: tensor ${scale.name} is ${scale.dtype} [${scale.shape}], expected a float for ${entry.name} [${entry.shape}] or one a row`,
    { advice: "Use the model's weights in fp16 or fp32: this way to quantise them is not supported." },
  );
}

/**
 * Multiplies values in place, which are those of a tensor [m, ...] from its element `first` on.
 * @param scale [1] or [m]
 */
export function applyScale(
  values: Float32Array,
  scale: Float32Array,
  { shape, first = 0 }: { readonly shape: readonly number[]; readonly first?: number },
): void {
  const rowElements = elementCount(shape) / scale.length;
  for (let index = 0; index < values.length; index++) {
    values[index]! *= scale[Math.floor((first + index) / rowElements)]!;
  }
}
