/** Pipeline: a checkpoint ready to run, with its configs, tokenizer and noise process; sessions are made on demand. */

import { LikenessError } from '../../shared/errors.ts';
import type { ImageSize } from '../../shared/geometry.ts';
import type { Checkpoint } from '../checkpoint/component.ts';
import type { VariancePreserving } from '../diffusion/noise-process.ts';
import type { GraphSpec } from '../graph/graph.ts';
import { openCheckpoint } from '../models/families/formats.ts';
import { familyOf, type ModelConfig, modelConfigOf } from '../models/families/registry.ts';
import { type AdapterSite, type DecoderChoice, isOfText, type ModelFacts } from '../models/family.ts';
import { decoderGraph, encoderGraph, promptNames, textGraph, textOutput } from '../models/model-graphs.ts';
import { openTokenizer, type Tokenizer } from '../models/text/tokenizer.ts';
import type { Session } from '../runtime/session.ts';
import { float32, int64, type Tensor } from '../tensor/tensor.ts';
import { type Conditioning, endOfText, sizeConditioning, tokenTable, zeroText } from './conditioning.ts';
import { requireFinite } from './finite-weights.ts';
import { type MemoryUse, ModelSessions, type PipelineOptions } from './model-sessions.ts';
import { type LearnedWords, TextStates } from './text-states.ts';

export class Pipeline {
  readonly checkpoint: Checkpoint;
  /** Family and configs: all of the model that decides a graph. */
  readonly model: ModelConfig;
  readonly facts: ModelFacts;
  /** `modelspec.architecture` of the ModelSpec standard. */
  readonly architecture: string;
  /** One a text encoder. */
  readonly tokenizers: readonly Tokenizer[];
  readonly noiseProcess: VariancePreserving;
  readonly sessions: ModelSessions;
  readonly #textStates = new TextStates();

  private constructor(checkpoint: Checkpoint, tokenizers: readonly Tokenizer[], options: PipelineOptions) {
    this.checkpoint = checkpoint;
    const { model, facts, noiseProcess, architecture } = describeModel(checkpoint);
    this.model = options.precision === 'float16' ? { ...model, precision: options.precision } : model;
    this.facts = facts;
    this.architecture = architecture;
    this.noiseProcess = noiseProcess;
    this.tokenizers = tokenizers;
    this.sessions = new ModelSessions(checkpoint, options);
  }

  /** @throws LikenessError `checkpoint-*` when the folder is not a checkpoint that these graphs can run */
  static async open(folder: string, options: PipelineOptions): Promise<Pipeline> {
    const checkpoint = await openCheckpoint(folder);
    return Pipeline.of(checkpoint, options);
  }

  /** As `open`, of a checkpoint that is open already. */
  static async of(checkpoint: Checkpoint, options: PipelineOptions): Promise<Pipeline> {
    const tokenizers = checkpoint.tokenizers.map(({ folder, padToken }) => openTokenizer(folder, padToken));
    const pipeline = new Pipeline(checkpoint, await Promise.all(tokenizers), options);
    requireLengths(pipeline);
    return pipeline;
  }

  /** The first text encoder's: it counts a prompt's tokens for people. */
  get tokenizer(): Tokenizer {
    return this.tokenizers[0]!;
  }

  /** Output projections that residuals attach to, in the order of the forward pass. */
  get adapterSites(): readonly AdapterSite[] {
    return familyOf(this.model).adapterSites(this.model.config);
  }

  /** The session of a graph, made the first time. */
  session(spec: GraphSpec, memory: MemoryUse = {}): Promise<Session> {
    return this.sessions.get(spec, memory);
  }

  /** True where the session is open, with the memory that it takes. */
  has(spec: GraphSpec): boolean {
    return this.sessions.has(spec);
  }

  /** Gives a session's memory back; the next use makes it again. */
  release(spec: GraphSpec): Promise<void> {
    return this.sessions.release(spec);
  }

  /** Gives back the memory of all sessions. */
  close(): Promise<void> {
    return this.sessions.releaseOthers([]);
  }

  /** @param text undefined: no prompt at all, which some families tell from an empty one */
  async encodePrompt(
    text: string | undefined,
    size: ImageSize,
    learned: LearnedWords = new Map(),
  ): Promise<Conditioning> {
    const ofSize = sizeConditioning(this.model, size);
    if (text === undefined && this.facts.absentPrompt === 'zeros') {
      return new Map([...zeroText(this.model), ...ofSize]);
    }
    return new Map([...(await this.encodeTokens(this.#tokens(text), learned)), ...ofSize]);
  }

  /** True where the prompt was encoded before, and its states are kept, or where it has none. */
  knowsPrompt(text: string | undefined, learned: LearnedWords = new Map()): boolean {
    if (text === undefined && this.facts.absentPrompt === 'zeros') return true;
    return this.#textStates.has(this.#tokens(text), learned);
  }

  #tokens(text = ''): readonly (readonly number[])[] {
    return this.tokenizers.map((tokenizer) => tokenizer.encode(text).ids);
  }

  /** The part of a conditioning that text gives. @param ids of one prompt, a list for each text encoder */
  encodeTokens(
    ids: readonly (readonly number[])[],
    learned: LearnedWords = new Map(),
  ): Promise<Conditioning> {
    return this.#textStates.of(ids, learned, () => this.#encodeTokens(ids, learned));
  }

  async #encodeTokens(ids: readonly (readonly number[])[], learned: LearnedWords): Promise<Conditioning> {
    const feeds: Record<string, Tensor> = {};
    for (const [encoder, { tokens, width, pooled }] of this.facts.textEncoders.entries()) {
      const own = ids[encoder]!;
      const tokenizer = this.tokenizers[encoder]!;
      const names = promptNames(encoder);
      const embeddings = (await this.#embed(encoder, own)).slice();
      for (const [word, replacements] of learned) {
        const id = tokenizer.words(word)[0]!;
        for (const [position, token] of own.entries()) {
          if (token === id) embeddings.set(replacements[encoder]!, position * width);
        }
      }
      feeds[names.embeddings] = float32(embeddings, [1, tokens, width]);
      if (pooled) feeds[names.end] = float32(endOfText(own, tokenizer.eosId), [1, 1, tokens]);
    }
    const encoder = await this.session(textGraph(this.model));
    const outputs = await encoder.run(feeds);
    return new Map(
      familyOf(this.model)
        .conditioning(this.model.config)
        .filter(isOfText)
        .map(({ name }) => [name, outputs[textOutput(name)] as Tensor<'float32'>]),
    );
  }

  /** The checkpoint's own embeddings of a word that is one token: of each text encoder, [width]. */
  async wordEmbeddings(word: string): Promise<readonly Float32Array[]> {
    const embeddings: Float32Array[] = [];
    for (const [encoder, { tokens, width }] of this.facts.textEncoders.entries()) {
      const id = this.tokenizers[encoder]!.words(word)[0]!;
      const rows = await this.#embed(encoder, new Array<number>(tokens).fill(id));
      embeddings.push(rows.slice(0, width));
    }
    return embeddings;
  }

  async #embed(index: number, ids: readonly number[]): Promise<Float32Array> {
    const tokenizer = this.tokenizers[index]!;
    // Rows are looked up where they lie: to pack the table would copy all of it.
    const table = await this.session(tokenTable({ ...this.model, index }, ids, tokenizer), {
      weights: 'mapped',
    });
    const out = await table.run({ input_ids: int64(ids, [1, ids.length]) });
    return (out.token_embeddings as Tensor<'float32'>).data;
  }

  /** Graph that decodes latents of this size, in cells. */
  decoder(height: number, width: number, decoder: DecoderChoice = 'full'): GraphSpec {
    return decoderGraph({ ...this.model, height, width, decoder });
  }

  /** Graph that encodes pictures of this size, in pixels. */
  encoder(height: number, width: number): GraphSpec {
    return encoderGraph({ ...this.model, height, width });
  }

  /** One picture [3, H, W] in [-1, 1] -> latents [C, H/f, W/f] in the diffusion model's scale (posterior mean). */
  async encodePicture(
    pixels: Float32Array,
    height: number,
    width: number,
    memory: MemoryUse = {},
  ): Promise<Float32Array> {
    const session = await this.session(this.encoder(height, width), memory);
    const out = await session.run({ picture: float32(pixels, [1, 3, height, width]) });
    return (out.latents as Tensor<'float32'>).data;
  }

  /** Latents [C, h, w] in the diffusion model's scale -> picture [3, h*f, w*f], about [-1, 1]. */
  async decodeLatents(
    latents: Float32Array,
    height: number,
    width: number,
    { decoder = 'full', ...memory }: MemoryUse & { readonly decoder?: DecoderChoice } = {},
  ): Promise<Float32Array> {
    const session = await this.session(this.decoder(height, width, decoder), memory);
    const shape = [1, this.facts.latentChannels, height, width];
    const out = await session.run({ latents: float32(latents, shape) });
    const picture = (out.picture as Tensor<'float32'>).data;
    await requireFinite(picture, this.checkpoint);
    return picture;
  }
}

/**
 * diffusers pads prompts to the tokenizer's limit, so that a smaller one makes shorter states: no graph here is made for them.
 * @throws LikenessError `checkpoint-unsupported`
 */
function requireLengths({ checkpoint, facts, tokenizers }: Pipeline): void {
  for (const [index, { modelMaxLength }] of tokenizers.entries()) {
    const { tokens } = facts.textEncoders[index]!;
    if (modelMaxLength === tokens) continue;
    const place = checkpoint.tokenizers[index]!.folder;
    const message = `${place}: model_max_length is ${modelMaxLength}, and its text encoder reads ${tokens} tokens`;
    throw new LikenessError('checkpoint-unsupported', message, {
      advice: "Copy the tokenizer's folder of the model that this one was made from.",
    });
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
