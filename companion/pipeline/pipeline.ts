/** Pipeline: a checkpoint ready to run, with its configs, tokenizer and noise process; sessions are made on demand. */

import type { Checkpoint } from '../checkpoint/component.ts';
import { locateWeights } from '../checkpoint/external-weights.ts';
import { requireParameters } from '../checkpoint/weight-store.ts';
import type { VariancePreserving } from '../diffusion/noise-process.ts';
import type { Graph, GraphSpec } from '../graph/graph.ts';
import { openCheckpoint } from '../models/families/formats.ts';
import { familyOf, type ModelConfig, modelConfigOf } from '../models/families/registry.ts';
import type { AdapterSite, ModelFacts } from '../models/family.ts';
import { splitParameterName } from '../models/layers/scope.ts';
import {
  decoderGraph,
  embeddingGraph,
  embeddingInput,
  encoderGraph,
  textGraph,
} from '../models/model-graphs.ts';
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
  /** Family and configs: all of the model that decides a graph. */
  readonly model: ModelConfig;
  readonly facts: ModelFacts;
  /** `modelspec.architecture` of the ModelSpec standard. */
  readonly architecture: string;
  readonly tokenizer: Tokenizer;
  readonly noiseProcess: VariancePreserving;
  readonly #options: PipelineOptions;
  readonly #locators = new Map<string, Promise<(name: string) => WeightLocation>>();
  readonly #sessions = new Map<string, Promise<Session>>();

  private constructor(checkpoint: Checkpoint, tokenizer: Tokenizer, options: PipelineOptions) {
    this.checkpoint = checkpoint;
    const { model, facts, noiseProcess, architecture } = describeModel(checkpoint);
    this.model = model;
    this.facts = facts;
    this.architecture = architecture;
    this.noiseProcess = noiseProcess;
    this.tokenizer = tokenizer;
    this.#options = options;
  }

  /** @throws LikenessError `checkpoint-*` when the folder is not a checkpoint that these graphs can run */
  static async open(folder: string, options: PipelineOptions): Promise<Pipeline> {
    const checkpoint = await openCheckpoint(folder);
    return new Pipeline(checkpoint, await openTokenizer(checkpoint.tokenizerFolder), options);
  }

  /** Output projections that residuals attach to, in the order of the forward pass. */
  get adapterSites(): readonly AdapterSite[] {
    return familyOf(this.model).adapterSites(this.model.config);
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

  /** Text states of prompts: token ids (each L long) -> [prompts, L, contextWidth]. */
  async encodeTokens(
    prompts: readonly (readonly number[])[],
    learned?: TokenOverride,
  ): Promise<Tensor<'float32'>> {
    const { tokens, contextWidth, embeddingWidths } = this.facts;
    const states = new Float32Array(prompts.length * tokens * contextWidth);
    for (const [prompt, ids] of prompts.entries()) {
      const feeds: Record<string, Tensor> = {};
      for (const [index, width] of embeddingWidths.entries()) {
        const embeddings = (await this.#embed(index, ids)).slice();
        for (const [position, id] of ids.entries()) {
          // Learned embeddings are those of the first text encoder.
          const replacement = index === 0 ? learned?.get(id) : undefined;
          if (replacement !== undefined) embeddings.set(replacement, position * width);
        }
        feeds[embeddingInput(index)] = float32(embeddings, [1, tokens, width]);
      }
      const encoder = await this.session(textGraph(this.model));
      const out = await encoder.run(feeds);
      states.set((out.states as Tensor<'float32'>).data, prompt * tokens * contextWidth);
    }
    return float32(states, [prompts.length, tokens, contextWidth]);
  }

  /** The checkpoint's own embedding of a token, of the first text encoder, [D]. */
  async tokenEmbedding(id: number): Promise<Float32Array> {
    const ids = new Array<number>(this.facts.tokens).fill(id);
    return (await this.#embed(0, ids)).slice(0, this.facts.embeddingWidths[0]);
  }

  async #embed(index: number, ids: readonly number[]): Promise<Float32Array> {
    const table = await this.session(embeddingGraph({ ...this.model, index }));
    const out = await table.run({ input_ids: int64(ids, [1, this.facts.tokens]) });
    return (out.token_embeddings as Tensor<'float32'>).data;
  }

  /** Graph that decodes latents of this size, in cells. */
  decoder(height: number, width: number): GraphSpec {
    return decoderGraph({ ...this.model, height, width });
  }

  /** Graph that encodes pictures of this size, in pixels. */
  encoder(height: number, width: number): GraphSpec {
    return encoderGraph({ ...this.model, height, width });
  }

  /** One picture [3, H, W] in [-1, 1] -> latents [C, H/f, W/f] in the diffusion model's scale (posterior mean). */
  async encodePicture(pixels: Float32Array, height: number, width: number): Promise<Float32Array> {
    const session = await this.session(this.encoder(height, width));
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
    const session = await this.session(this.decoder(height, width), memory);
    const out = await session.run({
      latents: float32(latents, [1, this.facts.latentChannels, height, width]),
    });
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
    const locators = new Map<string, (name: string) => WeightLocation>();
    for (const component of new Set(parameters.map((parameter) => parameter.component))) {
      const { weights } = this.checkpoint.components.get(component)!;
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
}

/** Model of a checkpoint, from its configs alone. @throws LikenessError `checkpoint-*` */
export function describeModel(checkpoint: Checkpoint) {
  const model = modelConfigOf(checkpoint);
  const family = familyOf(model);
  const noiseProcess = family.noiseProcess(checkpoint.schedulerConfig);
  const architecture = family.architecture(model.config, noiseProcess.prediction);
  return { model, noiseProcess, architecture, facts: family.facts(model.config) };
}
