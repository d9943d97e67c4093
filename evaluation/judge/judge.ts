/**
 * Judges pictures of the embedded model: where the product is, how much it looks like its references, and what is to be
 * seen. It is trained on the same renders as the model, so its word holds for such pictures only.
 */

import { join } from 'node:path';
import { z } from 'zod';
import { hashFile } from '../../companion/checkpoint/checkpoint-hash.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { toModelRange } from '../../companion/images/encode.ts';
import type { Picture } from '../../companion/images/picture.ts';
import { prepareReference } from '../../companion/images/references/teaching-sample.ts';
import { resizePicture } from '../../companion/images/resize.ts';
import { enlarge, reduceByMean } from '../../companion/localization/resample.ts';
import { openSession, type Session } from '../../companion/runtime/session.ts';
import { readJsonObject } from '../../companion/storage/json-file.ts';
import { openSafetensors, readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import { float32, type Tensor } from '../../companion/tensor/tensor.ts';
import type { ImageSize } from '../../shared/geometry.ts';
import { type Readings, softmax } from './attribute-reading.ts';
import { buildAttributes, buildEmbedding, buildSegmenter, type ClassifierLayers } from './judge-networks.ts';
import { colourHistogram, cosine } from './scores.ts';

const configSchema = z.object({
  /** Side of the pictures it was trained on; others are brought to it. */
  resolution: z.number().int().positive(),
  layers: z.array(z.object({ outputs: z.number().int(), stride: z.union([z.literal(1), z.literal(2)]) })),
  /** Names by attribute, in the order of the logits. */
  heads: z.record(z.string(), z.array(z.string()).min(1)),
});

type JudgeConfig = z.infer<typeof configSchema>;

/** Likeness of a picture to the references, 1 at most, given where the object is in it ([height * width], 0..1). */
export type Likeness = (picture: Picture, object: Float32Array) => Promise<number>;

/** Background of a cut-out when its likeness is judged: the grey that the classifier was trained with. */
const GREY = [128, 128, 128] as const;

const WEIGHTS = 'weights.safetensors';

/**
 * Share of shape and pattern in the likeness; the rest is colour. Measured on renders of the example products: with equal
 * shares and embeddings as they come a product was more like itself in another light than like one that fits its
 * description in 81 % of the pairs; so in 86 % (tools/embedded-model/check-identity.ts).
 */
const EMBEDDING_SHARE = 0.75;

type Weights = ReadonlyMap<string, Tensor>;

export class Judge {
  /** SHA-256 of each network's weights. */
  readonly hashes: Readonly<Record<'attributes' | 'segmenter', string>>;
  readonly #config: JudgeConfig;
  readonly #classifier: Session;
  readonly #segmenter: Session;
  readonly #spread: EmbeddingSpread;

  private constructor(
    hashes: Judge['hashes'],
    config: JudgeConfig,
    { classifier, segmenter }: Readonly<Record<'classifier' | 'segmenter', Session>>,
    spread: EmbeddingSpread,
  ) {
    this.hashes = hashes;
    this.#config = config;
    this.#classifier = classifier;
    this.#segmenter = segmenter;
    this.#spread = spread;
  }

  /** @param folder `models/evaluators` */
  static async open(folder: string): Promise<Judge> {
    const config = configSchema.parse(await readJsonObject(join(folder, 'attributes', 'config.json')));
    const shape = [1, 3, config.resolution, config.resolution];
    const layers: ClassifierLayers = config.layers.map(({ outputs, stride }) => [outputs, stride]);
    const count = Object.values(config.heads).reduce((sum, names) => sum + names.length, 0);
    const [attributesFile, segmenterFile] = [
      join(folder, 'attributes', WEIGHTS),
      join(folder, 'segmenter', WEIGHTS),
    ];

    const classifier = new Graph('attributes');
    const embedding = buildEmbedding(classifier, layers, classifier.input('picture', shape));
    classifier.output('embedding', embedding);
    classifier.output('logits', buildAttributes(classifier, embedding, count));

    const segmenterWeights = await readWeights(segmenterFile);
    const width = (layer: string) => segmenterWeights.get(`${layer}.weight`)!.shape[0]!;
    const segmenter = new Graph('segmenter');
    const widths = [width('down1'), width('down2'), width('down3')] as const;
    segmenter.output('object', buildSegmenter(segmenter, widths, segmenter.input('picture', shape)));

    const weights = await readWeights(attributesFile);
    const spread = {
      mean: weights.get('identity.mean')!.data as Float32Array,
      deviation: weights.get('identity.deviation')!.data as Float32Array,
    };
    const hashes = { attributes: await hashFile(attributesFile), segmenter: await hashFile(segmenterFile) };
    const sessions = {
      classifier: await openNetwork(classifier, weights),
      segmenter: await openNetwork(segmenter, segmenterWeights),
    };
    return new Judge(hashes, config, sessions, spread);
  }

  /** The names it tells apart, by attribute: product, colour, second, pattern, scene. */
  get attributes(): Readonly<Record<string, readonly string[]>> {
    return this.#config.heads;
  }

  /** Mask of the product, [height * width] of the picture, 0..1. */
  async objectIn(picture: Picture): Promise<Float32Array> {
    const { object } = await this.#segmenter.run({ picture: await this.#input(picture) });
    return resampled(object!.data as Float32Array, this.#grid, picture);
  }

  async attributesOf(picture: Picture): Promise<Readings> {
    const { logits } = await this.#classifier.run({ picture: await this.#input(picture) });
    const readings: Record<string, Readings[string]> = {};
    let start = 0;
    for (const [attribute, names] of Object.entries(this.#config.heads)) {
      const part = (logits!.data as Float32Array).slice(start, start + names.length);
      readings[attribute] = { names, shares: softmax(part) };
      start += names.length;
    }
    return readings;
  }

  /**
   * Mostly shape and pattern (cosine of the classifier's embedding of the product alone, each number against its spread
   * over many products), for the rest colour (cosine of the product's colour histograms), each against the references'
   * mean; 1 is the same, 0 no more alike than any two products.
   * @param references cut-outs
   */
  async likenessTo(references: readonly Picture[]): Promise<Likeness> {
    const embeddings: Float32Array[] = [];
    const histograms: Float32Array[] = [];
    for (const reference of references) {
      const size = this.#config.resolution;
      const { picture, mask } = await prepareReference(reference, {
        size,
        random: () => 0.5,
        augmentation: 'none',
        background: GREY,
      });
      const object = mask ?? (await this.objectIn(picture));
      embeddings.push(await this.#embed(picture, object));
      histograms.push(colourHistogram(picture, object));
    }
    const [embedding, histogram] = [mean(embeddings), mean(histograms)];
    return async (picture, object) => {
      const shape = cosine(await this.#embed(picture, object), embedding);
      const colour = cosine(colourHistogram(picture, object), histogram);
      return EMBEDDING_SHARE * shape + (1 - EMBEDDING_SHARE) * colour;
    };
  }

  async close(): Promise<void> {
    await this.#classifier.release();
    await this.#segmenter.release();
  }

  /** Embedding of the object alone, on grey, in deviations from the mean product. */
  async #embed(picture: Picture, object: Float32Array): Promise<Float32Array> {
    const { data, shape } = await this.#input(picture);
    const mask = resampled(object, picture, this.#grid);
    const alone = data.map((value, index) => value * mask[index % mask.length]!);
    const { embedding } = await this.#classifier.run({ picture: float32(alone, shape) });
    const { mean, deviation } = this.#spread;
    return (embedding!.data as Float32Array).map((value, at) => (value - mean[at]!) / deviation[at]!);
  }

  get #grid() {
    return { height: this.#config.resolution, width: this.#config.resolution };
  }

  async #input(picture: Picture): Promise<Tensor<'float32'>> {
    const size = this.#config.resolution;
    return float32(toModelRange(await resizePicture(picture, size, size)), [1, 3, size, size]);
  }
}

/** Mean and deviation of each number of the embedding over held-out products, [320] each. */
interface EmbeddingSpread {
  readonly mean: Float32Array;
  readonly deviation: Float32Array;
}

function resampled(map: Float32Array, from: ImageSize, to: ImageSize): Float32Array {
  return to.width < from.width ? reduceByMean(map, from, to) : enlarge(map, from, to);
}

async function readWeights(file: string): Promise<Weights> {
  const { tensors } = await openSafetensors(file);
  const weights = new Map<string, Tensor>();
  for (const [name, entry] of tensors) weights.set(name, await readFloat32(entry));
  return weights;
}

function openNetwork(graph: Graph, weights: Weights): Promise<Session> {
  return openSession(graph, (name) => weights.get(name)!, { device: 'cpu' });
}

function mean(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0]!.map((_, index) =>
    vectors.reduce((sum, vector) => sum + vector[index]! / vectors.length, 0),
  );
}
