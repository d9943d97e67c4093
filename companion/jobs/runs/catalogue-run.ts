/** One catalogue: every cell that is missing, each as a generation of its own. One that fails keeps none of the others. */

import { stat } from 'node:fs/promises';
import { type CatalogueCell, cellPrompt, computedPixels, endsCatalogue } from '../../../shared/catalogue.ts';
import { catalogueCells } from '../../../shared/protocol/catalogue.ts';
import type { ConceptReference } from '../../../shared/protocol/concept.ts';
import type { JobOf } from '../../../shared/protocol/job.ts';
import type { GenerateJobSpec } from '../../../shared/protocol/requests.ts';
import { reportOf } from '../../../shared/protocol/zod.ts';
import type { GenerateEvent } from '../../engine/events.ts';
import { encodePng } from '../../images/encode.ts';
import { computesOn } from '../../runtime/device.ts';
import { systemFault } from '../../storage/system-fault.ts';
import { type JobStep, knownSeconds, type RunTools } from './context.ts';
import { generateRequest } from './engine-request.ts';
import { conceptsOfPrompt, keptPicture } from './generate-run.ts';

/** Standing of the job while a cell is made. */
interface Standing {
  readonly cell: number;
  /** Cells that are made or failed. */
  readonly done: number;
  readonly total: number;
  /** The model's. */
  readonly resolution: number;
  /** Cells that are left, this one first. */
  readonly left: readonly CatalogueCell[];
}

/** @throws LikenessError where no cell can be made any more, and `cancelled` */
export async function* runCatalogueJob(
  job: JobOf<'catalogue'>,
  tools: RunTools,
): AsyncGenerator<JobStep, void> {
  const cells = catalogueCells(job.request);
  const done = new Set([
    ...job.pictures.map(({ picture }) => picture),
    ...job.failed.map(({ cell }) => cell),
  ]);
  yield* adopted(cells, done, tools);
  let concepts: readonly ConceptReference[] = job.concepts;
  let resolution = Number.POSITIVE_INFINITY;
  for (const [cell, wanted] of cells.entries()) {
    if (done.has(cell)) continue;
    const left = cells.filter((_, index) => index >= cell && !done.has(index));
    const standing = { cell, done: done.size, total: cells.length, left };
    try {
      const request = requestOf(job, wanted);
      const chosen = await conceptsOfPrompt(tools.library, request.prompt, concepts, tools.model);
      const named = chosen.map(({ reference }) => reference);
      const added = named.filter(({ id }) => !concepts.some((concept) => concept.id === id));
      if (added.length > 0) {
        // A job that is taken up again goes on with the versions it began with.
        concepts = [...concepts, ...added];
        yield { type: 'concepts', concepts };
      }
      const asked = await generateRequest(request, chosen, tools);
      const events = tools.engine.generate({ ...asked, signal: tools.signal });
      for await (const event of events) {
        if (event.type === 'model') resolution = event.resolution;
        yield* stepsOf(event, job, { ...standing, resolution }, tools);
      }
    } catch (cause) {
      const fault = systemFault(cause);
      if (tools.signal.aborted || endsCatalogue(fault)) throw fault;
      yield { type: 'cell-failed', failure: { cell, ...reportOf(fault) }, error: fault };
    }
    done.add(cell);
  }
}

/**
 * Pictures that were written before a stop, and not yet recorded: they are not made again. Their masks are lost.
 * @param done those that are known, to which they are added
 */
async function* adopted(
  cells: readonly CatalogueCell[],
  done: Set<number>,
  { files }: RunTools,
): AsyncGenerator<JobStep, void> {
  for (const [picture, { seed, width, height }] of cells.entries()) {
    if (done.has(picture) || !(await files.hasPicture(picture))) continue;
    const { size: sizeBytes } = await stat(files.picturePath(picture));
    done.add(picture);
    const summary = { picture, seed, width, height, seconds: 0, masks: [] };
    yield { type: 'picture', summary, files: { sizeBytes, masks: [] } };
  }
}

function requestOf({ request }: JobOf<'catalogue'>, cell: CatalogueCell): GenerateJobSpec {
  const {
    words,
    negativePrompt: shared,
    strength,
    mask,
    steps,
    guidanceScale,
    guidanceResidual,
    loras,
  } = request;
  const { width, height, seed, negativePrompt = shared } = cell;
  return {
    prompt: cellPrompt(cell, words),
    negativePrompt,
    count: 1,
    seed,
    size: { width, height },
    strength,
    mask,
    steps,
    guidanceScale,
    guidanceResidual,
    loras,
  };
}

async function* stepsOf(
  event: GenerateEvent,
  { job }: JobOf<'catalogue'>,
  { cell, done, total, left, resolution }: Standing,
  tools: RunTools,
): AsyncGenerator<JobStep, void> {
  const shared = { picture: done, count: total };
  switch (event.type) {
    case 'model':
      yield { type: 'device', device: computesOn(event) };
      return;
    case 'preparing': {
      const nothing = { step: 0, steps: 0, secondsLeft: null };
      yield {
        type: 'progress',
        progress: { phase: 'preparing', ...nothing, fraction: done / total, ...shared },
      };
      return;
    }
    case 'step': {
      const { step, steps, preview } = event;
      const pixels = left.map((each) => computedPixels(each, resolution));
      const pixelsLeft = pixels.reduce((sum, each) => sum + each, 0);
      // The engine's is of this picture alone; the others take as long as they have pixels.
      const perStep = steps > step ? event.secondsLeft / (steps - step) : Number.POSITIVE_INFINITY;
      const secondsLeft = knownSeconds(
        steps > step ? perStep * ((steps * pixelsLeft) / pixels[0]! - step) : Number.POSITIVE_INFINITY,
      );
      const fraction = (done + step / steps) / total;
      yield {
        type: 'progress',
        progress: { phase: 'sampling', step, steps, fraction, secondsLeft, ...shared },
      };
      if (!tools.hasSubscribers()) return;
      const { width, height } = preview;
      const mediaType = 'image/png';
      const header = { kind: 'preview', job, picture: cell, step, mediaType, width, height } as const;
      yield { type: 'frame', frame: { header, payload: await encodePng(preview) } };
      return;
    }
    case 'picture':
      yield* keptPicture(event, cell, job, tools);
  }
}
