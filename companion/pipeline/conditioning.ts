/** Conditioning: a prompt, a picture's size and guidance as a denoiser reads them, by the names of its family's inputs. */

import { LikenessError } from '../../shared/errors.ts';
import type { ImageSize } from '../../shared/geometry.ts';
import type { GraphSpec } from '../graph/graph.ts';
import { familyOf, type ModelConfig } from '../models/families/registry.ts';
import { isOfText } from '../models/family.ts';
import { embeddingGraph } from '../models/model-graphs.ts';
import type { Tokenizer } from '../models/text/tokenizer.ts';
import { elementCount, float32, type Tensor } from '../tensor/tensor.ts';

/** Values for one sample, [1, ...shape] each. */
export type Conditioning = ReadonlyMap<string, Tensor<'float32'>>;

/** Conditioning that follows from the size of the picture alone. */
export function sizeConditioning(model: ModelConfig, size: ImageSize): Conditioning {
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
    inputs
      .filter(isOfText)
      .map(
        ({ name, shape }) => [name, float32(new Float32Array(elementCount(shape)), [1, ...shape])] as const,
      ),
  );
}

/**
 * Guidance as a denoiser that is told it reads it, alike for all samples of a batch; nothing for others.
 * @param scale 1 and more
 */
export function guidanceFeeds(
  model: ModelConfig,
  scale: number,
  samples: number,
): Record<string, Tensor<'float32'>> {
  const feeds: Record<string, Tensor<'float32'>> = {};
  for (const { name, shape, ofGuidance } of familyOf(model).conditioning(model.config)) {
    if (ofGuidance === undefined) continue;
    const one = ofGuidance(scale);
    feeds[name] = float32(Array.from({ length: samples }, () => one).flat(), [samples, ...shape]);
  }
  return feeds;
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

/**
 * Graph of the token embeddings of text encoder `index`, which these ids are then looked up in.
 * @throws LikenessError `checkpoint-format` for a token that the table lacks, or another number of them than it reads
 */
export function tokenTable(
  model: ModelConfig & { readonly index: number },
  ids: readonly number[],
  tokenizer: Tokenizer,
): GraphSpec {
  const spec = embeddingGraph(model);
  const { inputs, parameters } = spec.build();
  const [positions] = [...inputs.values()].map(({ shape }) => shape.at(-1)!);
  const [rows] = [...parameters.values()].map(({ shape }) => shape[0]!);
  if (ids.length !== positions) {
    throw misfit(`the tokenizer gives ${ids.length} tokens, and the text encoder reads ${positions}`);
  }
  const unknown = ids.find((id) => id >= rows!);
  if (unknown === undefined) return spec;
  const token = JSON.stringify(tokenizer.token(unknown));
  throw misfit(`the token ${token} has the id ${unknown}, and the text encoder has ${rows} embeddings`);
}

function misfit(fault: string): LikenessError {
  return new LikenessError(
    'checkpoint-format',
    `tokenizer and text encoder do not belong together: ${fault}`,
    {
      advice:
        'Use both of one release, such as those that were saved when the words were taught; or leave the word out.',
    },
  );
}
