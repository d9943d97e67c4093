/**
 * ObjectProbe: a linear probe (Alain and Bengio 2016) that reads the product's place off the denoiser's own features,
 * the inputs of its output projections. It is learned beside the residuals, from references whose object mask is known.
 * A few labelled pictures are enough for a diffusion model's features (Baranchuk et al., ICLR 2022, arXiv 2112.03126).
 *
 *   logit(cell) = b + sum over blocks i of  w_i . LN(x_i)(cell)
 *
 * LN makes it independent of the features' scale, and the timestep needs no place of its own: the features carry it.
 */

import type { Graph } from '../graph/graph.ts';
import { add, layerNorm, matmul, ones, reshape, upsampleNearest2x } from '../graph/ops/index.ts';
import type { Value } from '../graph/value.ts';
import type { AdapterSite } from '../models/family.ts';
import type { SiteValues } from '../models/layers/spatial-transformer.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import type { ParameterMap } from './factors.ts';

export interface ObjectProbe {
  /** w_i, [channels], by module path of the block: `down_blocks.0.attentions.1`. */
  readonly weights: ReadonlyMap<string, Float32Array>;
  /** b, [1] */
  readonly bias: Float32Array;
}

/** PyTorch's default for LayerNorm. */
const LAYER_NORM_EPSILON = 1e-5;

/** A step of AdamW moves the logit by up to this much, whatever the widths and the number of blocks. */
const LOGIT_STRIDE = 9;

const BIAS = 'bias';

/** Names of the inputs of concept number `concept`; `block` is a module path. */
const inputName = (concept: number, block: string) => `concept.${concept}.probe.${block}`;

/** Zeros: every cell is as likely as not to show the product. */
export function initialProbe(sites: readonly Pick<AdapterSite, 'path' | 'inputs'>[]): ObjectProbe {
  return {
    weights: new Map(sites.map(({ path, inputs }) => [path, new Float32Array(inputs)])),
    bias: new Float32Array(1),
  };
}

/** The live arrays, by their names in the training graph. */
export function probeParameters({ weights, bias }: ObjectProbe): ParameterMap {
  return new Map([...weights, [BIAS, bias] as const].map(([block, values]) => [inputName(0, block), values]));
}

/** Learning rate at which the logit moves alike on narrow and wide models: normed features are about 1 in size. */
export function probeLearningRate({ weights }: ObjectProbe): number {
  const channels = [...weights.values()].reduce((sum, { length }) => sum + length, 0);
  return LOGIT_STRIDE / channels;
}

/** Values of the probe's inputs for concept number `concept`: weights [m, 1] of each block, and the bias [1]. */
export function probeFeeds(concept: number, { weights, bias }: ObjectProbe): Record<string, Tensor> {
  const feeds = { [inputName(concept, BIAS)]: float32(bias, [1]) };
  for (const [path, values] of weights) {
    feeds[inputName(concept, path)] = float32(values, [values.length, 1]);
  }
  return feeds;
}

/** The features of a block without their scale: LN(x), [B hw, m]. */
export function probedFeatures({ input, channels }: SiteValues): Value {
  const zeros = input.graph.constant(float32(new Float32Array(channels), [channels]));
  return layerNorm(reshape(input, [-1, channels]), ones(input, [channels]), zeros, LAYER_NORM_EPSILON);
}

/** Sum over the blocks of one resolution, [B hw, 1]. */
interface Level {
  readonly height: number;
  readonly width: number;
  readonly logits: Value;
}

/**
 * The sum over the blocks, as the UNet is built. The product that reads a block's features adds the logits of the
 * blocks before it at its resolution, and the first one of all the bias: so a block costs two nodes, its norm and its product.
 */
export class ObjectLogits {
  readonly #graph: Graph;
  readonly #concept: number;
  readonly #levels = new Map<number, Level>();
  readonly #weights: Value[] = [];
  #bias: Value | undefined;

  constructor(graph: Graph, concept: number) {
    this.#graph = graph;
    this.#concept = concept;
  }

  /** Adds the logits of one block's features, [B hw, m]. */
  observe({ path, channels, height, width }: SiteValues, features: Value): void {
    const weights = this.#graph.input(inputName(this.#concept, path), [channels, 1]);
    this.#weights.push(weights);
    const before =
      this.#levels.get(height)?.logits ?? (this.#levels.size === 0 ? this.#addBias() : undefined);
    const logits = matmul(features, weights, before && { add: before });
    this.#levels.set(height, { height, width, logits });
  }

  /** Sum over all blocks, at the latents' resolution: [B, 1, height, width]. */
  total(height: number): Value {
    const rising = [...this.#levels.values()].sort((a, b) => a.height - b.height);
    let sum: Value | undefined;
    for (const level of rising) {
      const own = reshape(level.logits, [-1, 1, level.height, level.width]);
      sum = sum === undefined ? own : add(enlarged(sum, level.height), own);
    }
    return enlarged(sum!, height);
  }

  /** The learned inputs: the weights of all blocks, then the bias. */
  get inputs(): readonly Value[] {
    return [...this.#weights, this.#bias!];
  }

  #addBias(): Value {
    this.#bias = this.#graph.input(inputName(this.#concept, BIAS), [1]);
    return this.#bias;
  }
}

function enlarged(image: Value, height: number): Value {
  return image.shape[2]! < height ? enlarged(upsampleNearest2x(image), height) : image;
}
