/** Teaching, from picture files to a concept file. */

import { existsSync } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { LikenessError } from '../../shared/errors.ts';
import { TEACH_MAX_IMAGES } from '../../shared/protocol/limits.ts';
import { Random } from '../diffusion/random.ts';
import { decodePicture } from '../images/decode.ts';
import { thumbnailUrl } from '../images/encode.ts';
import { inspectFrame } from '../images/frame-findings.ts';
import type { Picture } from '../images/picture.ts';
import { type Concept, THUMBNAIL_MAX_BYTES } from '../residuals/concept.ts';
import { writeConcept } from '../residuals/concept-file.ts';
import { initialFactors } from '../residuals/factors.ts';
import { initialProbe } from '../residuals/object-probe.ts';
import type { TeachingSettings } from '../residuals/settings.ts';
import { projOutSites } from '../residuals/sites.ts';
import { train } from '../residuals/training-loop.ts';
import { knowsObject, prepareTrainingSet } from '../residuals/training-set.ts';
import { loadTrainingState, saveTrainingState, type TrainingState } from '../residuals/training-state.ts';
import type { TeachEvent } from './events.ts';
import { isSampleStep, sampleWhileLearning } from './learning-sample.ts';
import { type LoadedModel, loadModel } from './loaded-model.ts';
import { Pace } from './pace.ts';
import type { TeachRequest } from './requests.ts';
import { identifierFor, runFingerprint, teachingSettings } from './teaching-plan.ts';

/** Between two savings of a run: a crash costs no more than this, and saving takes well under a second. */
const SAVE_INTERVAL_MS = 15_000;

/** Random stream of the factors' first values; training steps use 0, 1, 2, ... */
const INITIAL_STREAM = 0xffff_ffff;

/** Weight of the newest loss in the running mean. */
const LOSS_SMOOTHING = 0.05;

/** Side of the picture in the concept file's header, in pixels. */
const THUMBNAIL_SIDE = 256;

/**
 * @throws LikenessError `image-*`, `checkpoint-*`, `input`; `saved-run` for a state file that is damaged or of another
 *   run, which stays; `cancelled` after the run was saved; `memory` and `storage` after that was tried
 */
export async function* teach(request: TeachRequest): AsyncGenerator<TeachEvent, void> {
  // Before the model is opened: a bad picture should not cost a wait.
  const pictures = await readFrames(request.images);
  const model = await loadModel(request);
  try {
    yield* teachOn(model, pictures, request);
  } finally {
    await model.pipeline.close();
  }
}

/** @throws LikenessError `input` for none or too many, `image-*` for one that is no use */
export async function readFrames(files: readonly string[]): Promise<Picture[]> {
  if (files.length < 1 || files.length > TEACH_MAX_IMAGES) {
    throw new LikenessError('input', `got ${files.length} images, expected 1 to ${TEACH_MAX_IMAGES}`, {
      advice: 'Three to eight frames from different angles work best.',
    });
  }
  const pictures: Picture[] = [];
  for (const file of files) pictures.push(await decodePicture(file));
  return pictures;
}

/** As `teach`, on a model that is open already and stays open. */
export async function* teachOn(
  model: LoadedModel,
  pictures: readonly Picture[],
  request: TeachRequest,
): AsyncGenerator<TeachEvent, void> {
  const started = performance.now();
  const { pipeline, identity, device } = model;
  const { resolution } = pipeline;
  yield { type: 'model', name: identity.name, device, resolution };
  for (const [index, picture] of pictures.entries()) {
    const file = request.images[index]!;
    const findings = await inspectFrame(picture, resolution);
    yield { type: 'frame', file, index, total: pictures.length, findings };
  }
  const settings = teachingSettings(model, request);
  const identifier = identifierFor(model, request);
  const training = prepareTrainingSet(pipeline, {
    pictures,
    identifier,
    classWord: request.classWord,
    settings,
    mirror: request.mirror,
  });
  let prepared = await training.next();
  for (; !prepared.done; prepared = await training.next()) {
    if (request.signal?.aborted)
      throw new LikenessError('cancelled', 'teaching was cancelled while preparing');
    yield { type: 'preparing', ...prepared.value };
  }
  const set = prepared.value;

  const fingerprint = runFingerprint(model, pictures, request, settings);
  const run = { fingerprint, steps: settings.steps };
  const tokenEmbedding = settings.trainTokenEmbedding
    ? await pipeline.tokenEmbedding(pipeline.tokenizer.words(identifier)[0]!)
    : undefined;
  const sites = projOutSites(pipeline.unet);
  let state: TrainingState = {
    step: 0,
    factors: initialFactors(sites, settings.rank, new Random(request.seed, INITIAL_STREAM)),
    tokenEmbedding,
    probe: knowsObject(set) ? initialProbe(sites) : undefined,
    moments: undefined,
    probeMoments: undefined,
    losses: [],
  };
  if (existsSync(request.stateFile)) {
    state = await loadTrainingState(request.stateFile, state, fingerprint);
    yield { type: 'resumed', step: state.step, steps: settings.steps };
  }

  const save = () => saveTrainingState(request.stateFile, state, run);
  /** Saves what was learned, where another try may go on with it. */
  const endEarly = async (error: unknown): Promise<never> => {
    const code = error instanceof LikenessError && state.step > 0 ? error.code : undefined;
    if (code === 'cancelled') await save();
    // What failed first is to be told, not that saving failed as well.
    if (code === 'memory' || code === 'storage') await save().catch(() => {});
    throw error;
  };
  /** Time that went into samples: it is not part of the pace. */
  let samplingMs = 0;
  const pace = new Pace(() => performance.now() - samplingMs);
  let smoothedLoss = state.losses.reduce(smooth, state.losses[0] ?? Number.NaN);
  let savedAt = performance.now();
  try {
    for await (const { step, steps, loss } of train({
      pipeline,
      set,
      settings,
      state,
      signal: request.signal,
    })) {
      pace.tick();
      smoothedLoss = Number.isNaN(smoothedLoss) ? loss : smooth(smoothedLoss, loss);
      const secondsLeft = pace.secondsFor(steps - step);
      yield {
        type: 'step',
        step,
        steps,
        loss,
        smoothedLoss,
        stepsPerSecond: pace.stepsPerSecond,
        secondsLeft,
      };
      if (performance.now() - savedAt > SAVE_INTERVAL_MS && step < steps) {
        await save();
        savedAt = performance.now();
        yield { type: 'saved', step, file: request.stateFile };
      }
      if (request.samples && isSampleStep(step, steps)) {
        const from = performance.now();
        const image = await sampleWhileLearning(model, state, { identifier, settings, request });
        samplingMs += performance.now() - from;
        if (image !== undefined) yield { type: 'sample', step, steps, image };
      }
    }
  } catch (error) {
    await endEarly(error);
  }

  const seconds = (performance.now() - started) / 1000;
  const concept = await taughtConcept(model, pictures, request, settings, state, {
    identifier,
    seconds,
    finalLoss: smoothedLoss,
  });
  await writeConcept(request.out, concept).catch(endEarly);
  await rm(request.stateFile, { force: true });
  yield {
    type: 'taught',
    file: request.out,
    name: request.name,
    identifier,
    classWord: request.classWord,
    sizeBytes: (await stat(request.out)).size,
    seconds,
    finalLoss: smoothedLoss,
  };
}

function smooth(mean: number, loss: number): number {
  return mean + LOSS_SMOOTHING * (loss - mean);
}

async function taughtConcept(
  { pipeline, identity }: LoadedModel,
  pictures: readonly Picture[],
  request: TeachRequest,
  settings: TeachingSettings,
  state: TrainingState,
  { identifier, ...figures }: { identifier: string; seconds: number; finalLoss: number },
): Promise<Concept> {
  const url = await thumbnailUrl(pictures[0]!, THUMBNAIL_SIDE, THUMBNAIL_MAX_BYTES);
  const bytes = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  const { captions, rank, ...plain } = settings;
  return {
    name: request.name,
    classWord: request.classWord,
    identifier,
    baseModel: identity,
    resolution: { width: pipeline.resolution, height: pipeline.resolution },
    method: {
      ...plain,
      rankFraction: rank.fraction,
      rankMinimum: rank.minimum,
      captions: captions.join(' | '),
    },
    referenceCount: pictures.length,
    figures,
    rights: request.rights ?? {},
    version: 1,
    createdAt: new Date().toISOString(),
    factors: state.factors,
    linear: pipeline.unet.linearProjection,
    thumbnail: { mediaType: 'image/jpeg', bytes },
    ...(state.tokenEmbedding && { tokenEmbedding: state.tokenEmbedding }),
    ...(state.probe && { objectProbe: state.probe }),
  };
}
