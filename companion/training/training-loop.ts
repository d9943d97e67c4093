/**
 * Training loop of personalized residuals: noise-prediction loss on the references, everything frozen but the
 * factors (and, where the model's settings say so, the identifier's token embedding), AdamW.
 *
 * Every draw of step k comes from a random stream of its own, made from the seed and k. So nothing random needs to
 * be saved: a run resumed at step k goes on exactly as the uninterrupted one.
 */

import { LikenessError } from '../../shared/errors.ts';
import { type ParameterMap, ranksOf } from '../adapters/factors.ts';
import { factorFeeds } from '../adapters/low-rank.ts';
import { probeFeeds, probeLearningRate, probeParameters } from '../adapters/object-probe.ts';
import { Random } from '../diffusion/random.ts';
import type { GraphSpec } from '../graph/graph.ts';
import { requireFiniteWeights } from '../pipeline/finite-weights.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import type { Session } from '../runtime/session.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';
import { AdamW } from './adamw.ts';
import { allFinite, LossScale } from './loss-scale.ts';
import { memoryUseFor, type TeachingSettings } from './memory-plan.ts';
import { type BatchFeeds, drawBatch, learningRateShare } from './training-batch.ts';
import { type TrainingShape, trainingGraph, trainingNames } from './training-graph.ts';
import type { TrainingSet } from './training-set.ts';
import { learnedParameters, type TrainingState } from './training-state.ts';

export interface TrainingStep {
  /** Steps done, 1 to `steps`. */
  readonly step: number;
  readonly steps: number;
  /** Not finite only where the step was left out. */
  readonly loss: number;
  /** True where half precision overflowed: nothing was learned from the step. */
  readonly isSkipped: boolean;
  /** The run as it stands after this step: the live arrays, to be read before the next step is pulled. */
  readonly state: TrainingState;
}

export interface TrainOptions {
  readonly pipeline: Pipeline;
  readonly set: TrainingSet;
  readonly settings: TeachingSettings;
  /** State that training continues from; changed in place. */
  readonly state: TrainingState;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Trains from `state` on and yields after every step.
 * @throws LikenessError `cancelled` between two steps when `signal` is aborted; `input` when the loss is not finite;
 *   `memory` with the state as the last step left it
 */
export async function* train(run: TrainOptions): AsyncGenerator<TrainingStep> {
  const { pipeline, settings } = run;
  const graph = trainingGraph(trainingShape(run));
  try {
    // Those that prepared the references have done their part, and the text encoders of a large model take gigabytes.
    await pipeline.sessions.releaseOthers([graph]);
    await pipeline.session(graph, memoryUseFor(settings.memory.checkpointing));
    yield* steps(graph, run);
  } finally {
    // The largest session there is: not to be held while people look at what was learned, or steps get leaner.
    await pipeline.release(graph);
  }
}

async function* steps(graph: GraphSpec, run: TrainOptions): AsyncGenerator<TrainingStep> {
  const { pipeline, set, settings, state, signal } = run;
  const learner = new Learner(run);
  const lossScale = pipeline.model.precision === 'float16' ? new LossScale(state.lossScale) : undefined;
  const after = (loss: number, isSkipped: boolean): TrainingStep => {
    state.step += 1;
    state.lossScale = lossScale?.state();
    learner.keepIn(state);
    return { step: state.step, steps: settings.steps, loss, isSkipped, state };
  };
  let stepsDone = 0;
  while (state.step < settings.steps) {
    if (signal?.aborted)
      throw new LikenessError('cancelled', `teaching was cancelled after step ${state.step}`);
    const batches = drawBatch(pipeline, set, settings, new Random(settings.seed, state.step));
    const session = await pipeline.session(graph);
    const { loss, gradients } = await lossAndGradients(session, batches, state, lossScale?.scale);
    if (lossScale !== undefined && !(Number.isFinite(loss) && allFinite(gradients))) {
      // Once: it reads all of them.
      if (lossScale.state().skipped === 0) await requireFiniteWeights(pipeline.checkpoint);
      lossScale.halve();
      yield after(loss, true);
      continue;
    }
    if (!Number.isFinite(loss)) throw await divergence(run, loss);
    learner.step(gradients, learningRateShare(settings, state.step));
    lossScale?.grow();
    state.losses.push(loss);
    const done = after(loss, false);
    stepsDone += 1;
    if (stepsDone === 2) {
      const ahead = (settings.steps - state.step) * batches.length;
      if (await pipeline.sessions.earnsPacking(graph, ahead)) await pipeline.sessions.pack(graph);
    }
    yield done;
  }
}

/** @throws LikenessError `checkpoint-format` where the base model's own weights are not finite: no rate would help */
async function divergence({ pipeline, settings, state }: TrainOptions, loss: number): Promise<LikenessError> {
  await requireFiniteWeights(pipeline.checkpoint);
  return new LikenessError('input', `teaching diverged at step ${state.step + 1}: the loss is ${loss}`, {
    advice: `Use a lower learning rate than ${settings.learningRate}.`,
  });
}

/** Learner: the optimizers of a run, and the learning rate of each parameter. */
class Learner {
  readonly #settings: TeachingSettings;
  readonly #embeddings: ReadonlySet<string>;
  readonly #optimizer: AdamW;
  /** One of its own: clipping and decay of the one must not depend on the other. */
  readonly #probe: { readonly learningRate: number; readonly optimizer: AdamW } | undefined;

  constructor({ settings, state }: TrainOptions) {
    const { weightDecay, gradientClip } = settings;
    this.#settings = settings;
    this.#embeddings = new Set(
      state.tokenEmbeddings?.map((_, encoder) => trainingNames.tokenEmbedding(encoder)),
    );
    const clip = gradientClip > 0 ? { clipNorm: gradientClip } : {};
    this.#optimizer = new AdamW(learnedParameters(state), weightDecay, state.moments, clip);
    this.#probe = state.probe && {
      learningRate: probeLearningRate(state.probe),
      optimizer: new AdamW(probeParameters(state.probe), weightDecay, state.probeMoments),
    };
  }

  /** @param share of the full learning rates, 0 to 1 */
  step(gradients: ParameterMap, share: number): void {
    const { learningRate, tokenLearningRate } = this.#settings;
    this.#optimizer.step(gradients, (name) =>
      this.#embeddings.has(name) ? tokenLearningRate * share : learningRate * share,
    );
    this.#probe?.optimizer.step(gradients, this.#probe.learningRate * share);
  }

  keepIn(state: TrainingState): void {
    state.moments = this.#optimizer.state();
    state.probeMoments = this.#probe?.optimizer.state();
  }
}

/** Shape of the graph of one micro-batch: its loss and gradients. */
function trainingShape({ pipeline: { model }, set, settings, state }: TrainOptions): TrainingShape {
  const { microBatchSize, checkpointing } = settings.memory;
  return {
    ...model,
    tokenEmbedding: state.tokenEmbeddings !== undefined,
    batch: microBatchSize,
    height: set.height,
    width: set.width,
    ranks: ranksOf(state.factors),
    rankByTimestep: settings.noisyRankShare < 1,
    probe: state.probe !== undefined,
    checkpointing,
  };
}

/**
 * Mean loss and mean gradients over the micro-batches, which are all of one size.
 * @param lossScale of a graph of half precision; the gradients come without it
 */
async function lossAndGradients(
  session: Session,
  batches: readonly BatchFeeds[],
  state: TrainingState,
  lossScale?: number,
) {
  const learned = new Map([
    ...learnedParameters(state),
    ...(state.probe ? probeParameters(state.probe) : []),
  ]);
  const fixed: Record<string, Tensor> = {
    ...factorFeeds(0, state.factors),
    ...(state.probe && probeFeeds(0, state.probe)),
  };
  for (const [encoder, embedding] of (state.tokenEmbeddings ?? []).entries()) {
    fixed[trainingNames.tokenEmbedding(encoder)] = float32(embedding, [1, 1, embedding.length]);
  }
  if (lossScale !== undefined) fixed[trainingNames.lossScale] = float32([lossScale], []);
  const divisor = batches.length * (lossScale ?? 1);
  let loss = 0;
  const gradients = new Map([...learned].map(([name, { length }]) => [name, new Float32Array(length)]));
  for (const feeds of batches) {
    const outputs = await session.run({ ...fixed, ...feeds });
    loss += (outputs[trainingNames.loss]!.data as Float32Array)[0]! / batches.length;
    for (const [name, sum] of gradients) {
      const part = outputs[trainingNames.gradient(name)]!.data as Float32Array;
      for (let index = 0; index < sum.length; index++) sum[index]! += part[index]! / divisor;
    }
  }
  return { loss, gradients };
}
