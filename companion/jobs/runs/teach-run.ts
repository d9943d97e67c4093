/** One teaching: from where it was saved, if it was, to a version in the library. */

import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { LikenessError } from '../../../shared/errors.ts';
import { likenessOf } from '../../../shared/likeness.ts';
import type { FrameAdvice, JobOf } from '../../../shared/protocol/job.ts';
import { readConcept } from '../../concepts/concept-file.ts';
import type { TeachEvent } from '../../engine/events.ts';
import { encodePng, encodeSample } from '../../images/encode.ts';
import { readReference, receiveReference } from '../../images/references/reference-image.ts';
import type { KeptPicture } from '../../library/concept-library.ts';
import { carriedFacts } from '../../library/teach-again.ts';
import { readResolution } from '../../pipeline/loaded-model.ts';
import { computesOn } from '../../runtime/device.ts';
import { readRegularFile } from '../../storage/regular-file.ts';
import type { JobReference, StoredReference } from '../job-record.ts';
import { framesGone, type ReferenceStore } from '../reference-store.ts';
import { type JobStep, knownSeconds, type ProgressStep, type RunTools } from './context.ts';

/** Shares of the whole, as they are on a laptop: references are encoded in a few seconds, steps take minutes. */
const PREPARING_SHARE = 0.05;
const TAUGHT_SHARE = 0.99;

type Learned = Pick<Extract<TeachEvent, { type: 'taught' }>, 'concept' | 'sample'>;

/** @throws LikenessError as the engine and the library do; `cancelled` after the run was saved */
export async function* runTeaching(
  job: JobOf<'teach'>,
  named: readonly JobReference[],
  tools: RunTools,
): AsyncGenerator<JobStep, void> {
  const { files, library } = tools;
  // Left by the version before, where the companion stopped between the last step and the library.
  const { concept, sample }: Learned = existsSync(files.taughtConcept)
    ? { concept: await readConcept(files.taughtConcept) }
    : yield* learn(job, yield* received(named, tools), tools);
  yield progress({ phase: 'saving', step: 0, steps: 0, fraction: TAUGHT_SHARE, secondsLeft: 0 });
  const added = await library.add(concept, {
    references: await keptPictures(job, named, tools),
    sample: sample && (await encodeSample(sample)),
  });
  const { id, name, version, figures, method } = added;
  await rm(files.teachingState, { force: true });
  const likeness = likenessOf(figures);
  yield {
    type: 'taught',
    taught: {
      concept: { id, name, version },
      steps: typeof method.steps === 'number' ? method.steps : 0,
      seconds: figures.seconds ?? 0,
      finalLoss: figures.finalLoss ?? 0,
      ...(likeness && { likeness }),
    },
  };
}

/** None where the one who asked for the teaching did not agree, or frames are those of the version before. */
async function keptPictures(
  { request }: JobOf<'teach'>,
  named: readonly JobReference[],
  { references }: RunTools,
): Promise<readonly KeptPicture[]> {
  const stored = named.filter((one): one is StoredReference => 'key' in one);
  if (request.keepReferences !== true || stored.length < named.length) return [];
  return stored.map(
    ({ key }) =>
      async () =>
        readReference(await references.materialize(key)),
  );
}

/**
 * The references in their store. Frames that the version before kept are received now: as they were sent, since a saved run
 * of that version goes on with the pixels that it began with.
 */
async function* received(
  named: readonly JobReference[],
  { references, files, setup }: RunTools,
): AsyncGenerator<JobStep, readonly StoredReference[]> {
  if (named.every((one): one is StoredReference => 'key' in one)) return named;
  // Only findings are for a resolution here, and a model that cannot be opened is told by the engine.
  const resolution = await readResolution(setup.model).catch(() => 0);
  const stored: StoredReference[] = [];
  for (const one of named) {
    if ('key' in one) stored.push(one);
    else {
      const { image, file } = one;
      const bytes = await readRegularFile(files.path(file)).catch((cause: unknown) => {
        throw framesGone(1, named.length, cause);
      });
      const reference = await receiveReference(bytes, { name: image, label: 'a frame', resolution });
      stored.push({ image, key: (await references.put(reference)).key });
    }
  }
  yield { type: 'references', references: stored };
  return stored;
}

async function* learn(
  job: JobOf<'teach'>,
  stored: readonly StoredReference[],
  tools: RunTools,
): AsyncGenerator<JobStep, Learned> {
  try {
    return yield* learnOnce(job, stored, tools);
  } catch (error) {
    const isRefused = error instanceof LikenessError && error.code === 'saved-run';
    if (!isRefused || !tools.mayRestart) throw error;
    // The companion stopped in between, and nobody waits to be asked: all that was saved can be learned again.
    await rm(tools.files.teachingState, { force: true });
    yield { type: 'restarted' };
    return yield* learnOnce(job, stored, tools);
  }
}

async function* learnOnce(
  job: JobOf<'teach'>,
  stored: readonly StoredReference[],
  tools: RunTools,
): AsyncGenerator<JobStep, Learned> {
  const heard: TeachRunState = { advice: [], isShortOfMemory: false };
  const paths = await pathsOf(job, stored, tools.references);
  for await (const event of engineEvents(job, paths, tools)) {
    if (event.type === 'taught') return event;
    yield* stepsOf(event, job, tools, heard);
  }
  throw new Error('internal: teaching ended without a concept');
}

/** Facts from earlier events that later ones build on. */
interface TeachRunState {
  /** On the frames read so far; told when the last one was. */
  readonly advice: FrameAdvice[];
  /** True where steps do some work twice. */
  isShortOfMemory: boolean;
}

/** In the order of the request. */
function pathsOf(
  { request }: JobOf<'teach'>,
  stored: readonly StoredReference[],
  references: ReferenceStore,
): Promise<readonly string[]> {
  const keyOf = new Map(stored.map(({ image, key }) => [image, key]));
  return Promise.all(request.images.map((image) => references.materialize(keyOf.get(image)!)));
}

async function* engineEvents(
  { request }: JobOf<'teach'>,
  references: readonly string[],
  { engine, setup, files, library, signal }: RunTools,
): AsyncGenerator<TeachEvent, void> {
  const { again } = request;
  // One that was removed meanwhile is taught as a new one.
  const before = again === undefined ? undefined : await library.get(again).catch(() => undefined);
  const { identifier, guidanceResidual } = before === undefined ? {} : carriedFacts(before.current);
  yield* engine.teach({
    ...setup,
    ...(request.precision !== undefined && { precision: request.precision }),
    references,
    name: request.name,
    classWord: request.classWord,
    stateFile: files.teachingState,
    settings: request.steps === undefined ? {} : { steps: request.steps },
    seed: request.seed ?? 0,
    mirror: request.mirror ?? false,
    identifier,
    guidanceResidual,
    samples: true,
    rights: request.rights,
    signal,
  });
}

async function* stepsOf(
  event: TeachEvent,
  { job }: JobOf<'teach'>,
  { hasSubscribers }: RunTools,
  heard: TeachRunState,
): AsyncGenerator<JobStep, void> {
  switch (event.type) {
    case 'model':
      yield { type: 'device', device: computesOn(event) };
      return;
    case 'frame': {
      const { index: frame, total, findings } = event;
      const { advice } = heard;
      advice.push(...findings.map(({ severity, advice: text }) => ({ frame, severity, text })));
      if (frame === total - 1 && advice.length > 0) yield { type: 'advice', advice };
      return;
    }
    case 'memory-plan':
    case 'memory-short':
      heard.isShortOfMemory = event.plan.checkpointing !== 'none';
      return;
    case 'preparing': {
      const fraction = (PREPARING_SHARE * event.done) / Math.max(1, event.total);
      const { done: step, total: steps } = event;
      yield progress({ phase: 'preparing', step, steps, fraction, secondsLeft: null });
      return;
    }
    case 'step': {
      const { step, steps, loss, smoothedLoss } = event;
      const fraction = PREPARING_SHARE + ((TAUGHT_SHARE - PREPARING_SHARE) * step) / steps;
      const secondsLeft = knownSeconds(event.secondsLeft);
      const slowed = heard.isShortOfMemory ? { slowedBy: 'memory' as const } : {};
      yield progress({
        phase: 'teaching',
        step,
        steps,
        fraction,
        secondsLeft,
        loss,
        smoothedLoss,
        ...slowed,
      });
      return;
    }
    case 'validation-image': {
      if (!hasSubscribers()) return;
      const { width, height } = event.image;
      const mediaType = 'image/png';
      const header = { kind: 'sample', job, step: event.step, mediaType, width, height } as const;
      yield { type: 'frame', frame: { header, payload: await encodePng(event.image) } };
      return;
    }
    default:
      return;
  }
}

function progress(step: ProgressStep): JobStep {
  return { type: 'progress', progress: step };
}
