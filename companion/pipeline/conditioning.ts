/** Conditioning: a prompt and a picture's size as a denoiser reads them, by the names of its family's inputs. */

import { familyOf, type ModelConfig } from '../models/families/registry.ts';
import type { PictureSize } from '../models/family.ts';
import { elementCount, float32, type Tensor } from '../tensor/tensor.ts';

/** Values for one sample, [1, ...shape] each. */
export type Conditioning = ReadonlyMap<string, Tensor<'float32'>>;

/** Conditioning that follows from the size of the picture alone. */
export function sizeConditioning(model: ModelConfig, size: PictureSize): Conditioning {
  const inputs = familyOf(model).conditioning(model.config);
  return new Map(
    inputs.flatMap(({ name, shape, ofSize }) =>
      ofSize === undefined ? [] : [[name, float32(ofSize(size), [1, ...shape])] as const],
    ),
  );
}

/** Zeros in place of all that text gives. */
export function zeroText(model: ModelConfig): Conditioning {
  const inputs = familyOf(model).conditioning(model.config);
  return new Map(
    inputs.flatMap(({ name, shape, ofSize }) =>
      ofSize === undefined
        ? [[name, float32(new Float32Array(elementCount(shape)), [1, ...shape])] as const]
        : [],
    ),
  );
}

/** A batch as feeds of a graph: [B, ...shape] each, in the order given. */
export function conditioningFeeds(batch: readonly Conditioning[]): Record<string, Tensor<'float32'>> {
  const feeds: Record<string, Tensor<'float32'>> = {};
  for (const [name, { shape, data }] of batch[0]!) {
    const values = new Float32Array(batch.length * data.length);
    for (const [sample, one] of batch.entries()) values.set(one.get(name)!.data, sample * data.length);
    feeds[name] = float32(values, [batch.length, ...shape.slice(1)]);
  }
  return feeds;
}

/** [L]: 1 at the first token that ends the text, else 0. */
export function endOfText(ids: readonly number[], eosId: number): Float32Array {
  const end = new Float32Array(ids.length);
  end[ids.indexOf(eosId)] = 1;
  return end;
}
