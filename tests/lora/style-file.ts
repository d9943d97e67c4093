/** A style on every layer of the small model of XL's form, under the names of any program. */

import type { Checkpoint } from '../../companion/checkpoint/component.ts';
import { Random } from '../../companion/diffusion/random.ts';
import { float32ToHalf } from '../../companion/tensor/half.ts';
import { elementCount, type Shape } from '../../companion/tensor/tensor.ts';
import type { RawTensor } from '../tensor/tensor-files.ts';

type StylePart = 'down' | 'up' | 'alpha';

/** A layer's pair; ranks differ by layer. */
export interface StyleLayer {
  readonly component: string;
  /** In diffusers' layout: `down_blocks.0.resnets.0.conv1`. */
  readonly module: string;
  readonly shape: Shape;
  readonly rank: number;
  readonly alpha: number;
  readonly down: Float32Array;
  readonly up: Float32Array;
}

/** Pairs for every matrix and convolution of the networks, or those that are wanted, always the same. */
export function styleLayers(
  checkpoint: Checkpoint,
  isWanted: (module: string) => boolean = () => true,
): readonly StyleLayer[] {
  const random = new Random(5, 0);
  const draw = (count: number) => Float32Array.from({ length: count }, () => halved(0.2 * random.gaussian()));
  const layers: StyleLayer[] = [];
  for (const [component, { weights }] of checkpoint.components) {
    if (component === 'vae') continue;
    for (const name of weights.names()) {
      const { shape } = weights.get(name);
      const module = name.replace(/\.weight$/, '');
      if (module === name || shape.length < 2 || /embedding/.test(module)) continue;
      if (!isWanted(module)) continue;
      const rank = [2, 4, 8][layers.length % 3]!;
      const alpha = [1, 2, 4, 2][layers.length % 4]!;
      const columns = elementCount(shape.slice(1));
      const [down, up] = [draw(rank * columns), draw(shape[0]! * rank)];
      layers.push({ component, module, shape, rank, alpha, down, up });
    }
  }
  return layers;
}

/** Exact in half precision, so that a file of halves holds the same numbers; ranks and alphas are powers of two for that, too. */
function halved(value: number): number {
  return Math.round(value * 256) / 256;
}

export interface Spelling {
  readonly name: (layer: StyleLayer, part: StylePart) => string;
  /** Where names have no place for an alpha, `up` has the scale in it. */
  readonly hasAlpha?: boolean;
  readonly dtype?: 'F32' | 'F16';
  /** Factors of 1x1 convolutions as matrices. */
  readonly isFlat?: boolean;
  readonly alphaDtype?: 'F32' | 'I64' | 'F64';
}

export function styleTensors(
  layers: readonly StyleLayer[],
  { name, hasAlpha = true, dtype = 'F32', isFlat = false, alphaDtype = 'F32' }: Spelling,
): Record<string, RawTensor> {
  const tensors: Record<string, RawTensor> = {};
  for (const layer of layers) {
    const { shape, rank, alpha } = layer;
    const kernel = shape.slice(2);
    const isPointwise = kernel.every((size) => size === 1);
    const axes = isFlat && isPointwise ? [] : kernel;
    const scale = hasAlpha ? 1 : alpha / rank;
    tensors[name(layer, 'down')] = raw(layer.down, [rank, shape[1]!, ...axes], dtype);
    const up = layer.up.map((value) => value * scale);
    tensors[name(layer, 'up')] = raw(up, [shape[0]!, rank, ...axes.map(() => 1)], dtype);
    if (hasAlpha) tensors[name(layer, 'alpha')] = number(alpha, alphaDtype);
  }
  return tensors;
}

function raw(values: Float32Array, shape: Shape, dtype: 'F32' | 'F16'): RawTensor {
  const data = dtype === 'F32' ? values : float32ToHalf(values);
  return { dtype, shape, bytes: new Uint8Array(data.buffer.slice(0)) };
}

function number(value: number, dtype: 'F32' | 'I64' | 'F64'): RawTensor {
  const arrays = {
    F32: () => Float32Array.of(value),
    F64: () => Float64Array.of(value),
    I64: () => BigInt64Array.of(BigInt(value)),
  };
  return { dtype, shape: [], bytes: new Uint8Array(arrays[dtype]().buffer) };
}

const underscored = (path: string) => path.replaceAll('.', '_');
const KOHYA = { text_encoder: 'te1', text_encoder_2: 'te2', unet: 'unet' } as Readonly<
  Record<string, string>
>;
const KOHYA_END = { down: 'lora_down.weight', up: 'lora_up.weight', alpha: 'alpha' };

export const kohyaName: Spelling['name'] = ({ component, module }, part) =>
  `lora_${KOHYA[component]}_${underscored(module)}.${KOHYA_END[part]}`;
