/**
 * Teaching, from references to a concept. A run is saved on the way, so that a later one goes on where it stopped.
 */

import { existsSync } from 'node:fs';
import { LikenessError } from '../../../shared/errors.ts';
import type { Likeness } from '../../../shared/likeness.ts';
import { TEACH_MAX_IMAGES } from '../../../shared/protocol/limits.ts';
import { initialFactors } from '../../adapters/factors.ts';
import { initialProbe } from '../../adapters/object-probe.ts';
import { type Concept, THUMBNAIL_MAX_BYTES } from '../../concepts/concept.ts';
import { requireWritable } from '../../concepts/concept-tensors.ts';
import { Random } from '../../diffusion/random.ts';
import { thumbnailUrl } from '../../images/encode.ts';
import type { Picture } from '../../images/picture.ts';
import { type ReferenceImage, readReference } from '../../images/references/reference-image.ts';
import { type LoadedModel, loadModel } from '../../pipeline/loaded-model.ts';
import type { TeachingSettings } from '../../training/memory-plan.ts';
import { hasObjectMasks, prepareTrainingSet, type TrainingSet } from '../../training/training-set.ts';
import { loadTrainingState, saveTrainingState, type TrainingState } from '../../training/training-state.ts';
import type { TeachEvent } from '../events.ts';
import type { TeachRequest } from '../requests.ts';
import { measureLikeness } from './measure-likeness.ts';
import { identifierFor, runFingerprint, teachingSettings } from './teaching-plan.ts';
import { type TrainStepsOptions, trainSteps } from './train-steps.ts';
import type { ValidationImageOptions } from './validation-image.ts';

/** Side of the picture in the concept file's header, in pixels. */
const THUMBNAIL_SIDE = 256;

/** Figures that a concept file keeps of its teaching. */
interface TeachingFigures {
  readonly seconds: number;
  readonly finalLoss: number;
  /** Absent where there were none. */
  readonly skippedSteps?: number;
  /** Absent where memory did not suffice to measure it. */
  readonly likeness?: Likeness;
}

interface TeachResult {
  readonly pictures: readonly Picture[];
  readonly identifier: string;
  readonly settings: TeachingSettings;
  readonly state: TrainingState;
  readonly figures: TeachingFigures;
}

async function taughtConcept(
  { pipeline, identity, traits, precision }: LoadedModel,
  request: TeachRequest,
  { pictures, identifier, settings, state, figures }: TeachResult,
): Promise<Concept> {
  const url = await thumbnailUrl(pictures[0]!, THUMBNAIL_SIDE, THUMBNAIL_MAX_BYTES);
  const bytes = Buffer.from(url.slice(url.indexOf(',') + 1), 'base64');
  const { captions, rank, memory: _, side = pipeline.facts.resolution, ...plain } = settings;
  return {
    name: request.name,
    classWord: request.classWord,
    identifier,
    baseModel: identity,
    ...(traits.samples !== undefined && {
      baseWeights: { samples: traits.samples, prediction: traits.prediction },
    }),
    resolution: { width: side, height: side },
    method: {
      ...plain,
      rankFraction: rank.fraction,
      rankMinimum: rank.minimum,
      captions: captions.join(' | '),
      ...(request.mirror && { mirror: true }),
      ...(precision === 'fp16' && { precision }),
      ...(request.guidanceResidual !== undefined && { guidanceResidual: request.guidanceResidual }),
    },
    referenceCount: pictures.length,
    figures: { seconds: figures.seconds, finalLoss: figures.finalLoss, ...figures.likeness },
    rights: request.rights ?? {},
    version: 1,
    createdAt: new Date().toISOString(),
    factors: state.factors,
    storedAs: pipeline.adapterSites[0]!.storedAs,
    thumbnail: { mediaType: 'image/jpeg', bytes },
    ...(state.tokenEmbeddings && { tokenEmbeddings: state.tokenEmbeddings }),
    ...(state.probe && { objectProbe: state.probe }),
  };
}

/** Random stream of the factors' first values; training steps use 0, 1, 2, ... */
const INITIAL_STREAM = 0xffff_ffff;

/**
 * @throws LikenessError `image-unknown`, `checkpoint-*`, `input`; `saved-run` for a state file that is damaged or of another
 *   run, which stays; `cancelled` after the run was saved; `memory` and `storage` after that was tried
 */
export async function* teach(request: TeachRequest): AsyncGenerator<TeachEvent, void> {
  // Before the model is opened: a bad picture should not cost a wait.
  const references = await openReferences(request.references);
  const model = await loadModel(request);
  try {
    yield* teachOn(model, references, request);
  } finally {
    await model.pipeline.close();
  }
}

/** @throws LikenessError `input` for none or too many, `image-unknown` for a file that is gone or damaged */
export async function openReferences(
  references: TeachRequest['references'],
): Promise<readonly ReferenceImage[]> {
  if (references.length < 1 || references.length > TEACH_MAX_IMAGES) {
    throw new LikenessError('input', `got ${references.length} images, expected 1 to ${TEACH_MAX_IMAGES}`, {
      advice: 'Three to eight frames from different angles work best.',
    });
  }
  return Promise.all(references.map((one) => (typeof one === 'string' ? readReference(one) : one)));
}

/** As `teach`, on a model that is open already and stays open. */
export async function* teachOn(
  model: LoadedModel,
  references: readonly ReferenceImage[],
  request: TeachRequest,
): AsyncGenerator<TeachEvent, void> {
  const started = performance.now();
  yield introduction(model, request);
  for (const [index, { name: file, findings }] of references.entries()) {
    yield { type: 'frame', file, index, total: references.length, findings };
  }
  const pictures = references.map(({ pixels }) => pixels);
  const settings = teachingSettings(model, request);
  yield { type: 'memory-plan', plan: settings.memory };
  const identifier = identifierFor(model, request);
  const set = yield* prepared(model, pictures, { identifier, settings, request });

  const fingerprint = runFingerprint(model, pictures, request, settings);
  let state = await initialState(model, set, { identifier, settings, request });
  if (existsSync(request.stateFile)) {
    state = await loadTrainingState(request.stateFile, state, fingerprint);
    yield { type: 'resumed', step: state.step, steps: settings.steps };
  }
  const save = () => saveTrainingState(request.stateFile, state, { fingerprint, steps: settings.steps });
  const learning = { set, state, identifier, settings, request, save };
  let taught: TaughtEvent;
  try {
    taught = yield* learned(model, pictures, learning, started);
    // Until the concept is kept somewhere, the run is all that there is of it.
    await save();
  } catch (error) {
    await keep(error, learning);
    throw error;
  }
  yield taught;
}

function introduction(model: LoadedModel, { settings }: TeachRequest): TeachEvent {
  const { pipeline, identity, device, precision, recommended } = model;
  const resolution = settings.side ?? recommended.teaching.side ?? pipeline.facts.resolution;
  const { unfollowed: notes } = pipeline.noiseProcess;
  return { type: 'model', name: identity.name, device, precision, resolution, notes };
}

type TaughtEvent = Extract<TeachEvent, { type: 'taught' }>;

/** Every step that is left, then what became of them: the concept, its likeness, and a look at it. @param started when teaching began */
async function* learned(
  model: LoadedModel,
  pictures: readonly Picture[],
  learning: TrainStepsOptions,
  started: number,
): AsyncGenerator<TeachEvent, TaughtEvent> {
  const { set, state, identifier, settings, request } = learning;
  const finalLoss = yield* trainSteps(model, learning);
  const measured = await measureLikeness(model, { pictures, set, state }, learning);
  const { steps } = settings;
  const sample = measured?.sample;
  if (request.samples && sample !== undefined) {
    yield { type: 'validation-image', step: steps, steps, image: sample };
  }
  const skippedSteps = state.lossScale?.skipped ?? 0;
  const figures: TeachingFigures = {
    seconds: (performance.now() - started) / 1000,
    finalLoss,
    ...(skippedSteps > 0 && { skippedSteps }),
    ...(measured && { likeness: measured.likeness }),
  };
  const concept = await taughtConcept(model, request, { pictures, identifier, settings, state, figures });
  requireWritable(concept);
  return { type: 'taught', concept, ...figures, ...(sample && { sample }) };
}

/** The frames as the model learns from them. @throws LikenessError `cancelled` between two of them */
async function* prepared(
  { pipeline, recommended }: LoadedModel,
  pictures: readonly Picture[],
  { identifier, settings, request: { classWord, mirror, signal } }: ValidationImageOptions,
): AsyncGenerator<TeachEvent, TrainingSet> {
  const training = prepareTrainingSet(pipeline, {
    pictures,
    identifier,
    classWord,
    settings,
    mirror,
    guidanceScale: recommended.sampling.guidanceScale,
  });
  let next = await training.next();
  for (; !next.done; next = await training.next()) {
    if (signal?.aborted) throw new LikenessError('cancelled', 'teaching was cancelled while preparing');
    yield { type: 'preparing', ...next.value };
  }
  return next.value;
}

async function initialState(
  { pipeline }: LoadedModel,
  set: TrainingSet,
  { identifier, settings, request }: ValidationImageOptions,
): Promise<TrainingState> {
  const sites = pipeline.adapterSites;
  return {
    step: 0,
    factors: initialFactors(sites, settings.rank, new Random(request.seed, INITIAL_STREAM)),
    tokenEmbeddings: settings.trainTokenEmbedding ? await pipeline.wordEmbeddings(identifier) : undefined,
    probe: hasObjectMasks(set) ? initialProbe(sites) : undefined,
    moments: undefined,
    probeMoments: undefined,
    lossScale: undefined,
    losses: [],
  };
}

/** Saves what was learned, where another try may go on with it. */
async function keep(error: unknown, { state, save }: TrainStepsOptions): Promise<void> {
  const code = error instanceof LikenessError && state.step > 0 ? error.code : undefined;
  if (code === 'cancelled') await save();
  // The first failure is the one to report, not that saving failed as well.
  if (code === 'memory' || code === 'storage') await save().catch(() => {});
}
