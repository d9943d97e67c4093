/**
 * Judges pictures of the embedded model: where the product is, how much it looks like its references, and what is to be
 * seen. It is trained on the same renders as the model, so its word holds for such pictures only.
 */

import { join } from 'node:path';
import { z } from 'zod';
import { readJsonObject } from '../checkpoint/json-file.ts';
import { openSafetensors, readFloat32 } from '../checkpoint/safetensors-file.ts';
import { float32, type Tensor } from '../checkpoint/tensor.ts';
import { Graph } from '../graph/graph.ts';
import { toModelRange } from '../images/model-range.ts';
import type { Picture } from '../images/picture.ts';
import { prepareReference } from '../images/teaching-sample.ts';
import { openSession, type Session } from '../runtime/session.ts';
import { buildAttributes, buildEmbedding, buildSegmenter, type ClassifierLayers } from './judge-networks.ts';
import { colourHistogram, cosine } from './scores.ts';

const configSchema = z.object({
  resolution: z.number().int().positive(),
  layers: z.array(z.object({ outputs: z.number().int(), stride: z.union([z.literal(1), z.literal(2)]) })),
  /** Names by attribute, in the order of the logits. */
  heads: z.record(z.string(), z.array(z.string()).min(1)),
});

type JudgeConfig = z.infer<typeof configSchema>;

/** Likeness of a picture to the references, 0 to 1, given where the object is in it ([side * side], 0..1). */
export type Likeness = (picture: Picture, object: Float32Array) => Promise<number>;

/** What a cut-out stands on when its likeness is judged: the grey that the classifier was trained with. */
const GREY = [128, 128, 128] as const;

export class Judge {
  readonly #config: JudgeConfig;
  readonly #classifier: Session;
  readonly #segmenter: Session;

  private constructor(config: JudgeConfig, classifier: Session, segmenter: Session) {
    this.#config = config;
    this.#classifier = classifier;
    this.#segmenter = segmenter;
  }

  /** @param folder `models/evaluators` */
  static async open(folder: string): Promise<Judge> {
    const config = configSchema.parse(await readJsonObject(join(folder, 'attributes', 'config.json')));
    const shape = [1, 3, config.resolution, config.resolution];
    const layers: ClassifierLayers = config.layers.map(({ outputs, stride }) => [outputs, stride]);
    const count = Object.values(config.heads).reduce((sum, names) => sum + names.length, 0);

    const classifier = new Graph('attributes');
    const embedding = buildEmbedding(classifier, layers, classifier.input('picture', shape));
    classifier.output('embedding', embedding);
    classifier.output('logits', buildAttributes(classifier, embedding, count));
    const segmenter = new Graph('segmenter');
    segmenter.output('object', buildSegmenter(segmenter, segmenter.input('picture', shape)));
    return new Judge(
      config,
      await openNetwork(classifier, join(folder, 'attributes')),
      await openNetwork(segmenter, join(folder, 'segmenter')),
    );
  }

  /** Where the product is, [side * side], 0..1, for a picture of the judge's own size. */
  async objectIn(picture: Picture): Promise<Float32Array> {
    const { object } = await this.#segmenter.run({ picture: this.#input(picture) });
    return object!.data as Float32Array;
  }

  /** Name of the most likely value of each attribute: product, colour, second, pattern, scene. */
  async attributesOf(picture: Picture): Promise<Record<string, string>> {
    const { logits } = await this.#classifier.run({ picture: this.#input(picture) });
    const named: Record<string, string> = {};
    let start = 0;
    for (const [attribute, names] of Object.entries(this.#config.heads)) {
      const part = (logits!.data as Float32Array).subarray(start, start + names.length);
      named[attribute] = names[part.indexOf(Math.max(...part))]!;
      start += names.length;
    }
    return named;
  }

  /**
   * Half shape and pattern (cosine of the classifier's embedding of the product alone), half colour (cosine of the
   * product's colour histograms), each against the references' mean.
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
      return 0.5 * shape + 0.5 * cosine(colourHistogram(picture, object), histogram);
    };
  }

  async close(): Promise<void> {
    await this.#classifier.release();
    await this.#segmenter.release();
  }

  /** Of the object alone, on grey. */
  async #embed(picture: Picture, object: Float32Array): Promise<Float32Array> {
    const { data, shape } = this.#input(picture);
    const alone = data.map((value, index) => value * object[index % object.length]!);
    const { embedding } = await this.#classifier.run({ picture: float32(alone, shape) });
    return embedding!.data as Float32Array;
  }

  #input(picture: Picture): Tensor<'float32'> {
    const size = this.#config.resolution;
    if (picture.width !== size || picture.height !== size) {
      throw new Error(`internal: the judge sees ${size} px a side, got ${picture.width} x ${picture.height}`);
    }
    return float32(toModelRange(picture), [1, 3, size, size]);
  }
}

async function openNetwork(graph: Graph, folder: string): Promise<Session> {
  const { tensors } = await openSafetensors(join(folder, 'weights.safetensors'));
  const weights = new Map<string, Tensor>();
  for (const [name, entry] of tensors) weights.set(name, await readFloat32(entry));
  return openSession(graph, (name) => weights.get(name)!, { device: 'cpu' });
}

function mean(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0]!.map((_, index) =>
    vectors.reduce((sum, vector) => sum + vector[index]! / vectors.length, 0),
  );
}
