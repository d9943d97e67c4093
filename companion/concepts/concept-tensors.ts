/**
 * conceptTensors: a concept's factors under the names of other programs, and what their headers need beside them.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { Factor } from '../adapters/factors.ts';
import { PEFT_HEADER_KEY } from '../lora/lora-settings.ts';
import { ARCHITECTURES, formatOfArchitecture } from '../models/families/formats.ts';
import type { LoraPart } from '../models/family.ts';
import { float32ToHalf } from '../tensor/half.ts';
import type { WritableTensor } from '../tensor/safetensors-writer.ts';
import type { Shape } from '../tensor/tensor.ts';
import type { Concept } from './concept.ts';

/**
 * `kohya`: lora_down, lora_up and alpha, which every program reads. `peft`: lora_A and lora_B under diffusers' paths, their
 * scale in the header. `kohya-told`: kohya's, and a pair that changes nothing on a layer whose width tells the base model.
 */
export type ConceptForm = 'kohya' | 'peft' | 'kohya-told';

type DType = 'F16' | 'F32';

/** The largest finite half. */
const HALF_MAX = 65_504;

/** @throws LikenessError `concept-format` for values that the type cannot hold */
export function conceptTensors(
  concept: Concept,
  dtype: DType,
  form: ConceptForm,
): Map<string, WritableTensor> {
  requireWritable(concept, dtype);
  const { factors, storedAs, baseModel } = concept;
  const { lora } = formatOfArchitecture(baseModel.architecture);
  const kernel = storedAs === 'linear' ? [] : [1, 1];
  const nameOf = lora.namesFor([...factors.keys()]);
  const tensors = new Map<string, WritableTensor>();
  for (const [path, factor] of factors) {
    if (form === 'peft') {
      const layer = `${lora.prefix}.${lora.layerOf(path)}`;
      putPair(
        tensors,
        factor,
        kernel,
        dtype,
        (part) => `${layer}.${part === 'down' ? 'lora_A' : 'lora_B'}.weight`,
      );
    } else {
      // alpha is always there: some loaders guess a scale without it.
      tensors.set(nameOf(path, 'alpha'), scalar(alphaOf(factor)));
      putPair(tensors, factor, kernel, dtype, (part) => nameOf(path, part));
    }
  }
  if (form === 'kohya-told') putBaseTelling(tensors, concept, dtype);
  return tensors;
}

/** peft's configuration, in which diffusers (from 0.34 on) finds ranks and alphas that differ by layer. */
export function formMetadata({ factors, baseModel }: Concept, form: ConceptForm): Record<string, string> {
  if (form !== 'peft') return {};
  const { lora } = formatOfArchitecture(baseModel.architecture);
  const layers = [...factors].map(([path, factor]) => [lora.layerOf(path), factor] as const);
  const [, first] = layers[0]!;
  const config = {
    alpha_pattern: Object.fromEntries(layers.map(([layer, factor]) => [layer, alphaOf(factor)])),
    lora_alpha: alphaOf(first),
    r: first.rank,
    rank_pattern: Object.fromEntries(layers.map(([layer, { rank }]) => [layer, rank])),
    target_modules: layers.map(([layer]) => layer),
  };
  const prefixed = Object.entries(config).map(([key, value]) => [`${lora.prefix}.${key}`, value]);
  return { format: 'pt', [PEFT_HEADER_KEY]: JSON.stringify(Object.fromEntries(prefixed)) };
}

function alphaOf({ scale, rank }: Factor): number {
  return scale * rank;
}

function putPair(
  tensors: Map<string, WritableTensor>,
  { down, up, rank, channels }: Factor,
  kernel: Shape,
  dtype: DType,
  nameOf: (part: Exclude<LoraPart, 'alpha'>) => string,
): void {
  tensors.set(nameOf('down'), encode(down, [rank, channels, ...kernel], dtype));
  tensors.set(nameOf('up'), encode(up, [channels, rank, ...kernel], dtype));
}

/**
 * InvokeAI (6.14) takes a LoRA's base model from the width of the text in a key projection of cross-attention, or from a text
 * encoder, and calls a file that has neither unknown.
 */
function putBaseTelling(
  tensors: Map<string, WritableTensor>,
  { factors, baseModel }: Concept,
  dtype: DType,
): void {
  const { lora } = formatOfArchitecture(baseModel.architecture);
  const { contextWidth } = ARCHITECTURES.find(({ id }) => id === baseModel.architecture)!;
  const [path, { channels }] = [...factors][0]!;
  const siteName = lora.namesFor([...factors.keys()]);
  const nameOf = (part: LoraPart) => lora.textKeyOf(siteName(path, part));
  tensors.set(nameOf('alpha'), scalar(1));
  tensors.set(nameOf('down'), encode(new Float32Array(contextWidth), [1, contextWidth], dtype));
  tensors.set(nameOf('up'), encode(new Float32Array(channels), [channels, 1], dtype));
}

function scalar(value: number): WritableTensor {
  return { dtype: 'F32', shape: [], data: Float32Array.of(value) };
}

function encode(data: Float32Array, shape: Shape, dtype: DType): WritableTensor {
  return dtype === 'F32' ? { dtype, shape, data } : { dtype, shape, data: float32ToHalf(data) };
}

/** Teaching that went astray must not become a file that looks sound. @throws LikenessError `concept-format` */
export function requireWritable({ name, factors }: Concept, dtype: DType = 'F16'): void {
  for (const [path, { down, up }] of factors) {
    requireInRange(down, dtype, `concept ${name}: ${path} lora_down`);
    requireInRange(up, dtype, `concept ${name}: ${path} lora_up`);
  }
}

function requireInRange(data: Float32Array, dtype: DType, subject: string): void {
  const limit = dtype === 'F16' ? HALF_MAX : Number.MAX_VALUE;
  const fault = data.find((value) => !(Math.abs(value) <= limit));
  if (fault === undefined) return;
  throw new LikenessError(
    'concept-format',
    `${subject} has the value ${fault}, expected at most ${limit} in ${dtype}`,
    {
      advice: 'Teach it again with a lower learning rate.',
    },
  );
}
