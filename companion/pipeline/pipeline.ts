/** A checkpoint ready to run: its configs, tokenizer and noise process, and sessions made on demand. */

import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { locateWeights } from '../checkpoint/external-weights.ts';
import { requireParameters } from '../checkpoint/weight-store.ts';
import type { VariancePreserving } from '../diffusion/noise-process.ts';
import { noiseProcessOf } from '../diffusion/scheduler-config.ts';
import { Graph, type GraphSpec, graphSpec } from '../graph/graph.ts';
import { mul } from '../graph/ops/index.ts';
import { decodeLatents, encodePicture } from '../models/layers/autoencoder.ts';
import { downscaleFactor, parseVaeConfig, type VaeConfig } from '../models/layers/autoencoder-config.ts';
import {
  buildClipText,
  type ClipTextConfig,
  embedTokens,
  parseClipTextConfig,
} from '../models/layers/clip-text.ts';
import { type ComponentName, Scope, splitParameterName } from '../models/layers/scope.ts';
import { parseUnetConfig, type UnetConfig } from '../models/layers/unet-config.ts';
import { openTokenizer, type Tokenizer } from '../models/text/tokenizer.ts';
import { openSession, type Session, type SessionOptions } from '../runtime/session.ts';
import { float32, int64, type Tensor, type WeightLocation } from '../tensor/tensor.ts';

export interface PipelineOptions extends SessionOptions {
  /** Folder for what can be made again: weights converted to float32. */
  readonly cacheFolder: string;
}

/** Memory of a session that is made; one that is open already stays as it is. */
export type MemoryUse = Pick<SessionOptions, 'arena'>;

/** Learned token embeddings by token id: they take the place of the checkpoint's rows, [hiddenSize] each. */
export type TokenOverride = ReadonlyMap<number, Float32Array>;

/** A prompt as a denoiser reads it. */
export interface Conditioning {
  /** Text states, [1, L, D]. */
  readonly context: Tensor<'float32'>;
  /** Pooled text [1, P] and size ids [1, 6], of families that have them. */
  readonly pooled?: Tensor<'float32'>;
  readonly timeIds?: Tensor<'float32'>;
}

export class Pipeline {
  readonly checkpoint: Checkpoint;
  readonly unet: UnetConfig;
  readonly text: ClipTextConfig;
  readonly vae: VaeConfig;
  readonly tokenizer: Tokenizer;
  readonly noiseProcess: VariancePreserving;
  /** Image pixels a latent cell, on each side. */
  readonly downscale: number;
  readonly #options: PipelineOptions;
  readonly #locators = new Map<ComponentName, Promise<(name: string) => WeightLocation>>();
  readonly #sessions = new Map<string, Promise<Session>>();

  private constructor(checkpoint: Checkpoint, tokenizer: Tokenizer, options: PipelineOptions) {
    this.checkpoint = checkpoint;
    this.unet = parseUnetConfig(checkpoint.unet.config, `${checkpoint.name}/unet`);
    this.text = parseClipTextConfig(checkpoint.textEncoder.config, `${checkpoint.name}/text_encoder`);
    this.vae = parseVaeConfig(checkpoint.vae.config, `${checkpoint.name}/vae`);
    this.noiseProcess = noiseProcessOf(checkpoint.schedulerConfig);
    this.downscale = downscaleFactor(this.vae);
    this.tokenizer = tokenizer;
    this.#options = options;
  }

  /** @throws LikenessError `checkpoint-*` when the folder is not a checkpoint that these graphs can run */
  static async open(folder: string, options: PipelineOptions): Promise<Pipeline> {
    const checkpoint = await openCheckpoint(folder);
    return new Pipeline(checkpoint, await openTokenizer(checkpoint.tokenizerFolder), options);
  }

  /** Side of the pictures the model was trained on, in pixels. */
  get resolution(): number {
    return this.unet.sampleSize * this.downscale;
  }

  /**
   * The session of a graph, made the first time. Its weights are checked against the checkpoint before anything is
   * loaded.
   */
  session(spec: GraphSpec, memory: MemoryUse = {}): Promise<Session> {
    const { key } = spec;
    let session = this.#sessions.get(key);
    if (session === undefined) {
      session = this.#open(spec.build(), memory);
      this.#sessions.set(key, session);
      // A failed session is not kept: the next attempt may have the memory or the disk that this one lacked.
      session.catch(() => this.#sessions.delete(key));
    }
    return session;
  }

  /** True where the session is open, with the memory that it takes. */
  has({ key }: GraphSpec): boolean {
    return this.#sessions.has(key);
  }

  /** Gives a session's memory back; the next use makes it again. */
  release({ key }: GraphSpec): Promise<void> {
    return this.#release(key);
  }

  async close(): Promise<void> {
    for (const key of [...this.#sessions.keys()]) await this.#release(key);
  }

  async encodePrompt(text: string, learned?: TokenOverride): Promise<Conditioning> {
    return { context: await this.encodeTokens([this.tokenizer.encode(text).ids], learned) };
  }

  /** Text states of prompts: token ids (each L long) -> [prompts, L, crossAttentionDim]. */
  async encodeTokens(
    prompts: readonly (readonly number[])[],
    override?: TokenOverride,
  ): Promise<Tensor<'float32'>> {
    const { length, hiddenSize } = this.text;
    const table = await this.session(embeddingGraph(this.text));
    const encoder = await this.session(textGraph(this.text));
    const states = new Float32Array(prompts.length * length * hiddenSize);
    for (const [index, ids] of prompts.entries()) {
      const embedded = await table.run({ input_ids: int64(ids, [1, length]) });
      const embeddings = (embedded.token_embeddings as Tensor<'float32'>).data.slice();
      for (const [position, id] of ids.entries()) {
        const replacement = override?.get(id);
        if (replacement !== undefined) embeddings.set(replacement, position * hiddenSize);
      }
      const out = await encoder.run({ token_embeddings: float32(embeddings, [1, length, hiddenSize]) });
      states.set((out.states as Tensor<'float32'>).data, index * length * hiddenSize);
    }
    return float32(states, [prompts.length, length, hiddenSize]);
  }

  /** The checkpoint's own embedding of a token, [hiddenSize]. */
  async tokenEmbedding(id: number): Promise<Float32Array> {
    const { length, hiddenSize } = this.text;
    const table = await this.session(embeddingGraph(this.text));
    const ids = new Array<number>(length).fill(id);
    const out = await table.run({ input_ids: int64(ids, [1, length]) });
    return (out.token_embeddings as Tensor<'float32'>).data.slice(0, hiddenSize);
  }

  /** One picture [3, H, W] in [-1, 1] -> latents [C, H/f, W/f] in the diffusion model's scale (posterior mean). */
  async encodePicture(pixels: Float32Array, height: number, width: number): Promise<Float32Array> {
    const session = await this.session(encoderGraph({ vae: this.vae, height, width }));
    const out = await session.run({ picture: float32(pixels, [1, 3, height, width]) });
    return (out.latents as Tensor<'float32'>).data;
  }

  /** Latents [C, h, w] in the diffusion model's scale -> picture [3, h*f, w*f], about [-1, 1]. */
  async decodeLatents(
    latents: Float32Array,
    height: number,
    width: number,
    memory: MemoryUse = {},
  ): Promise<Float32Array> {
    const session = await this.session(decoderGraph({ vae: this.vae, height, width }), memory);
    const out = await session.run({ latents: float32(latents, [1, this.vae.latentChannels, height, width]) });
    return (out.picture as Tensor<'float32'>).data;
  }

  async #release(key: string): Promise<void> {
    const session = this.#sessions.get(key);
    this.#sessions.delete(key);
    await (await session)?.release();
  }

  async #open(graph: Graph, memory: MemoryUse): Promise<Session> {
    const parameters = [...graph.parameters].map(([name, { shape }]) => ({
      ...splitParameterName(name),
      shape,
    }));
    const locators = new Map<ComponentName, (name: string) => WeightLocation>();
    for (const component of new Set(parameters.map((parameter) => parameter.component))) {
      const { weights } = this.#component(component);
      const expected = parameters.filter((parameter) => parameter.component === component);
      requireParameters(weights, `${this.checkpoint.name}/${component}`, expected);
      let locator = this.#locators.get(component);
      if (locator === undefined) {
        locator = locateWeights(weights, this.#options.cacheFolder);
        this.#locators.set(component, locator);
        // As with sessions: the next attempt may find the space that this one lacked.
        locator.catch(() => this.#locators.delete(component));
      }
      locators.set(component, await locator);
    }
    const locate = (parameter: string) => {
      const { component, name } = splitParameterName(parameter);
      return locators.get(component)!(name);
    };
    return openSession(graph, locate, { ...this.#options, ...memory });
  }

  #component(name: ComponentName) {
    if (name === 'unet') return this.checkpoint.unet;
    if (name === 'text_encoder') return this.checkpoint.textEncoder;
    if (name === 'vae') return this.checkpoint.vae;
    throw new Error(`internal: a checkpoint has no component ${name}`);
  }
}

/** Input `input_ids` [1, L] int64; output `token_embeddings` [1, L, D]. */
function embeddingGraph(config: ClipTextConfig): GraphSpec {
  return graphSpec('token embeddings', config, (text) => {
    const graph = new Graph('token embeddings');
    const ids = graph.input('input_ids', [1, text.length], 'int64');
    graph.output('token_embeddings', embedTokens(new Scope(graph, 'text_encoder'), text, ids));
    return graph;
  });
}

/** Input `token_embeddings` [1, L, D]; output `states` [1, L, D]. */
function textGraph(config: ClipTextConfig): GraphSpec {
  return graphSpec('text encoder', config, (text) => {
    const graph = new Graph('text encoder');
    const embeddings = graph.input('token_embeddings', [1, text.length, text.hiddenSize]);
    graph.output('states', buildClipText(new Scope(graph, 'text_encoder'), text, embeddings));
    return graph;
  });
}

/** Sides in pixels where a picture is encoded, in latent cells where latents are decoded. */
interface CodecShape {
  readonly vae: VaeConfig;
  readonly height: number;
  readonly width: number;
}

/** Input `picture` [1, 3, H, W]; output `latents` [1, C, H/f, W/f] in the diffusion model's scale, the posterior mean. */
export function encoderGraph(shape: CodecShape): GraphSpec {
  return graphSpec('vae encoder', shape, ({ vae, height, width }) => {
    const graph = new Graph('vae encoder');
    const picture = graph.input('picture', [1, 3, height, width]);
    const { mean } = encodePicture(new Scope(graph, 'vae'), vae, picture);
    graph.output('latents', mul(mean, vae.scalingFactor));
    return graph;
  });
}

/** Input `latents` [1, C, h, w] in the diffusion model's scale; output `picture` [1, 3, h*f, w*f], about [-1, 1]. */
export function decoderGraph(shape: CodecShape): GraphSpec {
  return graphSpec('vae decoder', shape, ({ vae, height, width }) => {
    const graph = new Graph('vae decoder');
    const latents = graph.input('latents', [1, vae.latentChannels, height, width]);
    const unscaled = mul(latents, 1 / vae.scalingFactor);
    graph.output('picture', decodeLatents(new Scope(graph, 'vae'), vae, unscaled));
    return graph;
  });
}
