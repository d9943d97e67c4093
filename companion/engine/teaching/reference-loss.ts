/**
 * referenceLossRatio: how much better the model knows the references than it did, by the loss that teaching lowers, in a
 * handful of forward passes. Each of them runs base model and concept side by side, on the same timestep and noise.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { addNoise } from '../../diffusion/noise-process.ts';
import { seededNoise } from '../../diffusion/random.ts';
import { chooseMaskSource, createLocalizer } from '../../localization/sources/index.ts';
import { guidanceFeeds } from '../../pipeline/conditioning.ts';
import { requireFinite } from '../../pipeline/finite-weights.ts';
import { paintedFeeds } from '../../pipeline/inpainting.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import { float32 } from '../../tensor/tensor.ts';
import type { ReferenceLatents, TrainingSet } from '../../training/training-set.ts';
import type { TrainingState } from '../../training/training-state.ts';
import { factorsByTimestep, findingFeeds, promptFeeds, samplingShape } from '../generation/guided-pass.ts';
import { samplingGraph } from '../generation/sampling-graph.ts';
import { learnedPrompt, type ValidationImageOptions } from './validation-image.ts';

/** Passes, each at a timestep of its own: spread over all of them, so that shape and detail both count. */
const PASSES = 8;

/** Random stream of the noise; a picture of the same seed uses 0. */
const NOISE_STREAM = 0x4c4c;

/**
 * Loss with the residuals over the base model's, which is given the class word alone: 1 where nothing was learned.
 * @throws LikenessError `cancelled` between two passes, `memory`
 */
export async function referenceLossRatio(
  model: LoadedModel,
  state: TrainingState,
  set: TrainingSet,
  options: ValidationImageOptions,
): Promise<number> {
  const { pipeline } = model;
  const { noiseProcess, facts } = pipeline;
  const { height, width } = set;
  const { settings, request } = options;
  const side = width * facts.downscale;
  const { conditional, concept } = await learnedPrompt(model, state, options, side);
  const plain = settings.captions[0]!.replace('{}', request.classWord);
  const unconditional = await pipeline.encodePrompt(plain, { width: side, height: side });
  const sampling = { ...model.recommended.sampling, mask: 'full' } as const;
  const concepts = [concept];
  const shape = { ...samplingShape(pipeline, { concepts, settings: sampling, height, width }), guided: true };
  const session = await pipeline.session(samplingGraph(shape));
  const source = chooseMaskSource('full', [concept.probe]);
  const blocks = new Set(concept.factors.keys());
  const gates = createLocalizer(source, {
    mode: 'full',
    sites: pipeline.adapterSites,
    concepts: [{ strengths: [0, 1], blocks }],
    height,
    width,
  }).feeds();
  const constant = {
    ...promptFeeds({ conditional, unconditional }, 2),
    ...guidanceFeeds(pipeline.model, sampling.guidanceScale, 2),
    ...findingFeeds(concepts, pipeline, source),
  };
  const factorsAt = factorsByTimestep(concepts, noiseProcess.trainTimesteps);
  const sums = { base: 0, learned: 0 };
  for (let pass = 0; pass < PASSES; pass++) {
    if (request.signal?.aborted) throw new LikenessError('cancelled', 'stopped before it was measured');
    const reference = set.references[pass % set.references.length]![0]!;
    const timestep = Math.floor(((pass + 0.5) / PASSES) * noiseProcess.trainTimesteps);
    const noise = seededNoise(reference.latents.length, request.seed, NOISE_STREAM + pass);
    const level = noiseProcess.level(timestep);
    const noisy = addNoise(reference.latents, noise, level);
    const time = noiseProcess.networkTime(timestep);
    const outputs = await session.run({
      ...constant,
      ...factorsAt(time),
      ...gates,
      ...paintedFeeds(set.painted, 2, set),
      sample: float32(Float32Array.from([...noisy, ...noisy]), [2, facts.latentChannels, height, width]),
      timestep: float32([time, time], [2]),
    });
    const prediction = outputs.prediction!.data as Float32Array;
    await requireFinite(prediction, pipeline.checkpoint);
    const target = noiseProcess.target(reference.latents, noise, level);
    const half = target.length;
    sums.base += weightedError(prediction.subarray(0, half), target, reference);
    sums.learned += weightedError(prediction.subarray(half), target, reference);
  }
  return sums.learned / sums.base;
}

/** mean(weight * (prediction - target)^2), as in the training graph. */
function weightedError(
  prediction: Float32Array,
  target: Float32Array,
  { lossWeight }: ReferenceLatents,
): number {
  const cells = lossWeight.length;
  let sum = 0;
  for (let index = 0; index < target.length; index++) {
    sum += lossWeight[index % cells]! * (prediction[index]! - target[index]!) ** 2;
  }
  return sum / target.length;
}
