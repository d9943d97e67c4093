/**
 * Memory plan of pictures, made before the first step, since the decoder, which needs the most, comes after the last. Where
 * memory is short they are made one by one, and a picture's two samples, with the prompt and without, share one graph: the
 * sessions can be had for less, one at a time and without an arena.
 */

import prettyBytes from 'pretty-bytes';
import { LikenessError } from '../../../shared/errors.ts';
import type { GraphSpec } from '../../graph/graph.ts';
import { parameterBytes, peakActivationBytes } from '../../graph/liveness.ts';
import { lowerGraph } from '../../graph/lowering.ts';
import { kernelCopies, type WinogradUse } from '../../graph/ops/index.ts';
import type { Grid } from '../../localization/regions.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { MemoryUse } from '../../pipeline/model-sessions.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { deviceMemory, type MemoryOwner } from '../../runtime/device-memory.ts';
import { type SessionWeights, weightsOf } from '../../runtime/session-weights.ts';
import { type SamplingShape, samplingGraph } from './sampling-graph.ts';

/** `resident`: sessions stay open, which is faster. `sequential`: each is released before the other is opened. */
export type SessionResidency = 'resident' | 'sequential';

/**
 * Measured on likeness-base-128 from 128 to 2048 px and on the shapes of Stable Diffusion 1.5 from 256 to 1024 px, by the
 * bytes that `peakActivationBytes` gives. The sampler's runs took 2.0 to 3.1 times as much, since attention copies what
 * it reads; the decoder's 1.3 to 3.0 times, the arena's regions being powers of two, and 1.2 to 1.6 without an arena.
 * Packed weights took 1.3 to 2 times theirs. As much as was ever needed decides that sessions stay open; a little less
 * than was ever needed decides on a refusal, which must be right. Mapped weights count nothing: the system drops and
 * reads them again.
 */
const FACTORS = {
  resident: { sampler: { activations: 3.1, weights: 2 }, codec: { activations: 3, weights: 2 } },
  sequential: { sampler: { activations: 2, weights: 1 }, codec: { activations: 1.15, weights: 1 } },
} as const satisfies Record<SessionResidency, Record<'sampler' | 'codec', Amounts>>;

/** Weights on a card, of theirs: once, with some room for its arena. Not measured: no card was at hand. */
const CARD_WEIGHTS = 1.2;

/** Share of the free memory that resident sessions may plan with: the design tool beside them needs some too. */
const ROOMY_SHARE = 0.8;

/**
 * Share of the free memory above which mapped weights crowd others out: the system keeps what is read at every step, and drops
 * what the design tool would read next. Such a denoiser is given back before the decoder is made, and the text encoders before
 * it: mapped anew they cost a second or two.
 */
const CROWDING_SHARE = 0.4;

/** The same for weights with kernels in Winograd's form, a little less: the next picture, with less memory free, keeps the session. */
const WINOGRAD_SHARE = 0.35;

/**
 * A device whose memory is not known gets `resident`.
 * @param shapes of all graphs that a picture's steps run, of one size
 * @param codecs the graph that decodes the picture, and the one that encodes where steps begin from one that is made before
 * @throws LikenessError `memory` when not even one session at a time fits, with what it needs and what is free
 */
export function planSampling(
  pipeline: Pipeline,
  owner: MemoryOwner,
  shapes: readonly SamplingShape[],
  codecs: readonly GraphSpec[],
): SessionResidency {
  const memory = deviceMemory(owner);
  if (memory === undefined) return 'resident';
  const isCpu = owner.device === 'cpu';
  // An open session has its memory already.
  const missing = (spec: GraphSpec) => (pipeline.has(spec) ? undefined : sizeOf(spec, isCpu));
  const specs = specsOf(shapes);
  const samplers = specs.map(missing);
  const coders = codecs.map(missing);
  const { freeBytes: free, mostBytes: most } = memory;
  const resident = samplers.map((sampler) => bytesFor(sampler, FACTORS.resident.sampler));
  const together = sum(resident) + sum(coders.map((coder) => bytesFor(coder, FACTORS.resident.codec)));
  const mapped = sum(
    isCpu
      ? specs.map((spec, index) => samplers[index]?.mapped ?? mappedBytes(pipeline.sessions.weightsOf(spec)!))
      : [],
  );
  if (together <= ROOMY_SHARE * free && mapped <= CROWDING_SHARE * free) return 'resident';
  const least = Math.max(
    // Those of one picture take turns, step by step.
    sum(samplers.map((sampler) => bytesFor(sampler, FACTORS.sequential.sampler))),
    ...coders.map((coder) => bytesFor(coder, FACTORS.sequential.codec)),
  );
  if (least <= most) return 'sequential';
  throw tooLarge(pipeline, shapes[0]!, least, most);
}

/** Graph that encodes pictures of these latents. */
export function encoderOf(pipeline: Pipeline, { height, width }: Grid): GraphSpec {
  const { downscale } = pipeline.facts;
  return pipeline.encoder(height * downscale, width * downscale);
}

/**
 * Room for the encoder, before a picture that is given is encoded: nothing else has to be open then, and where memory is short
 * nothing else stays open.
 * @throws LikenessError `memory`
 */
export async function planEncoding(model: LoadedModel, cells: Grid): Promise<void> {
  const { pipeline } = model;
  const encoder = encoderOf(pipeline, cells);
  const memory = deviceMemory(model);
  if (memory === undefined || pipeline.has(encoder)) return;
  const size = sizeOf(encoder, model.device === 'cpu');
  if (bytesFor(size, FACTORS.resident.codec) <= ROOMY_SHARE * memory.freeBytes) return;
  await pipeline.sessions.releaseOthers([encoder]);
  const least = bytesFor(size, FACTORS.sequential.codec);
  const { mostBytes: most } = deviceMemory(model) ?? memory;
  if (least > most) throw tooLarge(pipeline, cells, least, most);
}

function tooLarge({ facts }: Pipeline, { height, width }: Grid, least: number, free: number): LikenessError {
  const size = `${width * facts.downscale}x${height * facts.downscale}`;
  return new LikenessError(
    'memory',
    `a picture of ${size} needs about ${prettyBytes(least)} of free memory, got ${prettyBytes(free)}`,
    { advice: 'Choose a smaller size or a smaller base model, or close other programs.' },
  );
}

/**
 * As planSampling; where memory is short for all at once, sessions that this picture does not run are given back first: of other
 * sizes, other concepts, and text encoders.
 * @throws LikenessError `memory`
 */
export async function planWithRoom(
  model: LoadedModel,
  shapes: readonly SamplingShape[],
  codecs: readonly GraphSpec[],
): Promise<SessionResidency> {
  const { pipeline } = model;
  const own = [...specsOf(shapes), ...codecs];
  if (!pipeline.sessions.hasOthers(own)) return planSampling(pipeline, model, shapes, codecs);
  try {
    const plan = planSampling(pipeline, model, shapes, codecs);
    if (plan === 'resident') return plan;
  } catch {
    // Judged again below, with the memory that the others hold.
  }
  await pipeline.sessions.releaseOthers(own);
  return planSampling(pipeline, model, shapes, codecs);
}

/**
 * Memory use of a picture's denoisers: with as many kernels in Winograd's form as fit beside all else that stays open.
 * @param sessions as planned without them
 */
export function denoiserMemory(
  model: LoadedModel,
  denoisers: readonly GraphSpec[],
  codecs: readonly GraphSpec[],
  sessions: SessionResidency,
): MemoryUse {
  const memory = deviceMemory(model);
  const { pipeline } = model;
  const isDone = denoisers.every((spec) => pipeline.has(spec));
  if (sessions !== 'resident' || isDone || model.device !== 'cpu' || memory === undefined) return {};
  const coders = codecs.filter((spec) => !pipeline.has(spec)).map((spec) => sizeOf(spec, true));
  const decoding = sum(coders.map((coder) => bytesFor(coder, FACTORS.resident.codec)));
  for (const winograd of ['roomy', 'lean'] as const) {
    const sizes = denoisers.map((spec) => sizeOf(spec, true, winograd));
    const own = sum(sizes.map((size) => bytesFor(size, FACTORS.resident.sampler)));
    const mapped = sum(sizes.map((size) => size.mapped));
    const fits = own + decoding <= ROOMY_SHARE * memory.freeBytes;
    if (fits && mapped <= WINOGRAD_SHARE * memory.freeBytes) return { winograd };
  }
  return {};
}

/** Graphs of the shapes, each once: passes of concepts alike share theirs. */
export function specsOf(shapes: readonly SamplingShape[]): readonly GraphSpec[] {
  return [...new Map(shapes.map(samplingGraph).map((spec) => [spec.key, spec])).values()];
}

/** In bytes; as a factor, of such bytes. */
interface Amounts {
  /** Values that are alive at once. */
  readonly activations: number;
  /** Weights that a session copies. */
  readonly weights: number;
}

interface SessionSize extends Amounts {
  /** Weights that are read in place. */
  readonly mapped: number;
}

/** A card holds all weights in its own memory. */
function sizeOf(spec: GraphSpec, isCpu: boolean, winograd?: WinogradUse): SessionSize {
  const graph = spec.build();
  const copies = winograd === undefined ? [] : kernelCopies(graph, winograd);
  const lowered = lowerGraph(graph, { storedKernels: new Set(copies.map(({ name }) => name)) });
  const mapped = isCpu ? mappedBytes(weightsOf(graph, { winograd })) : 0;
  // Packing, which the factors are for, is the processor's.
  const held = isCpu ? 1 : CARD_WEIGHTS / FACTORS.resident.sampler.weights;
  const weights = mapped > 0 ? 0 : held * parameterBytes(lowered);
  return { activations: peakActivationBytes(lowered), weights, mapped };
}

function mappedBytes({ placement, bytes }: SessionWeights): number {
  return placement === 'mapped' ? bytes : 0;
}

const sum = (bytes: readonly number[]) => bytes.reduce((total, own) => total + own, 0);

function bytesFor(amounts: Amounts | undefined, factors: Amounts): number {
  if (amounts === undefined) return 0;
  return factors.activations * amounts.activations + factors.weights * amounts.weights;
}
