/**
 * runGeneration: the work on a job of pictures, from the first one that is missing to the last; and conceptsOfPrompt, the
 * concepts, each in its version, that the names in a prompt stand for.
 */

import { LikenessError } from '../../../shared/errors.ts';
import { mentionedNames } from '../../../shared/mentions.ts';
import type { ConceptReference } from '../../../shared/protocol/concept.ts';
import type { JobId } from '../../../shared/protocol/ids.ts';
import type { JobOf } from '../../../shared/protocol/job.ts';
import { PROMPT_MAX_CONCEPTS } from '../../../shared/protocol/limits.ts';
import type { PlacedProduct } from '../../../shared/protocol/product.ts';
import { resolvePrompt } from '../../concepts/resolved-prompt.ts';
import type { GenerateEvent, MaskReport, ProductReport } from '../../engine/events.ts';
import { encodePng } from '../../images/encode.ts';
import type { ConceptLibrary } from '../../library/concept-library.ts';
import { expiredError } from '../../library/concept-rights.ts';
import { type NamedModel, requireUsable, versionFor } from '../../library/model-version.ts';
import { computesOn } from '../../runtime/device.ts';
import type { JobReference } from '../job-record.ts';
import { type JobStep, knownSeconds, pictureFrames, type RunTools } from './context.ts';
import { generateRequest, onSentPictures, type ResolvedConcept } from './engine-request.ts';

/**
 * The versions that are asked for, and for every other name the one that the model gets.
 * @param model undefined: any, and the newest version is taken
 * @throws LikenessError `concept-unknown` for a name or version that is not there; `input` for too many, or for one whose
 *   last day of use has passed; `concept-mismatch` for one that does not fit the model
 */
export async function conceptsOfPrompt(
  library: ConceptLibrary,
  prompt: string,
  wanted: readonly ConceptReference[],
  model?: NamedModel,
): Promise<readonly ResolvedConcept[]> {
  const candidates: ResolvedConcept[] = [];
  const mentioned = mentionedNames(prompt);
  for (const reference of wanted.filter(({ name }) => mentioned.includes(name))) {
    candidates.push({ reference, version: await library.version(reference.id, reference.version) });
  }
  const named = new Set(candidates.map(({ reference }) => reference.name));
  const { concepts } = await library.list();
  for (const concept of concepts) {
    const { id, name, current } = concept;
    if (named.has(name)) continue;
    const version = model === undefined ? current : versionFor(concept, model.traits).version;
    candidates.push({ reference: { id, name, version: version.version }, version });
  }
  const known = candidates.map((candidate) => ({ ...candidate, name: candidate.reference.name }));
  const { concepts: chosen } = resolvePrompt(prompt, known);
  if (chosen.length > PROMPT_MAX_CONCEPTS) {
    const got = `the prompt names ${chosen.length} concepts`;
    throw new LikenessError('input', `${got}, expected at most ${PROMPT_MAX_CONCEPTS}`, {
      advice: 'Make one picture with some of them, and another with the rest.',
    });
  }
  for (const { reference } of chosen) {
    // Its rights today, also where an older version is asked for.
    const stored = concepts.find(({ id }) => id === reference.id);
    if (stored?.expired) throw expiredError(reference.name, stored.current.rights);
  }
  for (const { version } of chosen) {
    if (model !== undefined) await requireUsable(version, model, library);
  }
  return chosen;
}

const NOTHING_COUNTED = { step: 0, steps: 0, secondsLeft: null } as const;

/** The last step is not yet a picture. */
const SAMPLED_SHARE = 0.99;

/** @throws LikenessError as the engine and the library do */
export async function* runGeneration(
  job: JobOf<'generate'>,
  named: readonly JobReference[],
  tools: RunTools,
): AsyncGenerator<JobStep, void> {
  const { request } = job;
  const made = job.pictures.length;
  // A job that is taken up again goes on with the versions it began with.
  const wanted = job.concepts.length > 0 ? job.concepts : (request.concepts ?? []);
  const concepts = await conceptsOfPrompt(tools.library, request.prompt, wanted, tools.model);
  yield { type: 'concepts', concepts: concepts.map(({ reference }) => reference) };
  if (made === request.count) return;

  const left = { ...request, count: request.count - made, seed: request.seed + made };
  const asked = await generateRequest(left, concepts, tools);
  const onPictures = await onSentPictures(request, named, tools);
  const events = tools.engine.generate({ ...asked, ...onPictures, signal: tools.signal });
  for await (const event of events) yield* stepsOf(event, made, job, tools);
}

/** @param made how many pictures were there before the engine began: it counts from 0 */
async function* stepsOf(
  event: GenerateEvent,
  made: number,
  { job, request: { count } }: JobOf<'generate'>,
  { files, hasSubscribers }: RunTools,
): AsyncGenerator<JobStep, void> {
  switch (event.type) {
    case 'model':
      yield { type: 'device', device: computesOn(event) };
      return;
    case 'preparing':
      // Between two pictures, too: the bar stays where it is.
      yield {
        type: 'progress',
        progress: { ...NOTHING_COUNTED, phase: 'preparing', fraction: (SAMPLED_SHARE * made) / count },
      };
      return;
    case 'prompt':
      if (event.notes.length > 0) yield { type: 'notes', notes: event.notes };
      return;
    case 'step': {
      const { step, steps, preview, tile, batch } = event;
      const picture = made + event.picture;
      const fraction = (SAMPLED_SHARE * (made + event.fraction * event.count)) / count;
      const secondsLeft = knownSeconds(event.secondsLeft);
      // Those of a batch stand at one step: it is told once.
      if (batch === undefined || batch.first === event.picture) {
        yield {
          type: 'progress',
          progress: {
            phase: 'sampling',
            step,
            steps,
            fraction,
            secondsLeft,
            picture,
            count,
            ...(tile && { tile: tile.index, tiles: tile.count, tilePass: tile.pass }),
          },
        };
      }
      if (!hasSubscribers()) return;
      const { width, height } = preview;
      const mediaType = 'image/png';
      const header = { kind: 'preview', job, picture, step, mediaType, width, height } as const;
      yield { type: 'frame', frame: { header, payload: await encodePng(preview) } };
      return;
    }
    case 'picture':
      yield* keptPicture(event, made + event.picture, job, { files, hasSubscribers });
      return;
    default:
      return;
  }
}

/** Facts of a picture around a product that clients are told. */
function productSummary({ changedPixels, lightDegrees: light, layers }: ProductReport): PlacedProduct {
  return {
    changedPixels,
    light,
    layers: layers.map(({ name, blend, opacity }) => ({ name, blend, opacity })),
  };
}

/** Writes a finished picture with its masks, and shows it. @param picture its number in the job */
export async function* keptPicture(
  event: Extract<GenerateEvent, { type: 'picture' }>,
  picture: number,
  job: JobId,
  { files, hasSubscribers }: Pick<RunTools, 'files' | 'hasSubscribers'>,
): AsyncGenerator<JobStep, void> {
  const { seed, seconds, masks, width, height, png, product } = event;
  const cells = masks.map(maskBytes);
  for (const [concept, mask] of cells.entries()) await files.writeMask(picture, concept, mask);
  const layers = product?.layers ?? [];
  for (const layer of layers) await files.writeLayer(picture, layer.name, layer.png);
  await files.writePicture(picture, png);
  const confidences = masks.map(({ concept, confidence }) => ({
    concept,
    confidence: share(confidence),
  }));
  const summary = {
    picture,
    seed,
    width,
    height,
    seconds,
    masks: confidences,
    ...(product && { product: productSummary(product) }),
  };
  const stored = {
    sizeBytes: layers.reduce((sum, layer) => sum + layer.png.byteLength, png.byteLength),
    masks: masks.map(({ rows, columns }) => ({ rows, columns })),
  };
  yield { type: 'picture', summary, files: stored };
  if (!hasSubscribers()) return;
  // The bytes that were written, without reading them back.
  const bytes = {
    readPicture: async () => png,
    readMask: async (_: number, mask: number) => cells[mask]!,
  };
  for await (const frame of pictureFrames(job, summary, stored, bytes)) yield { type: 'frame', frame };
}

function maskBytes({ values }: MaskReport): Uint8Array {
  return Uint8Array.from(values, (value) => Math.round(255 * share(value)));
}

/** 0..1 whatever rounding made of it. */
function share(value: number): number {
  return Math.min(1, Math.max(0, value));
}
