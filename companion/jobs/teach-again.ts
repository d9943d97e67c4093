/** teachAgain: a teaching of a concept from the pictures that it keeps, as a job like any other. */

import { LikenessError } from '../../shared/errors.ts';
import type { ConceptId, ImageId, JobId } from '../../shared/protocol/ids.ts';
import type { AnyJobState } from '../../shared/protocol/job.ts';
import { inspectFrame } from '../images/references/frame-findings.ts';
import { readReference } from '../images/references/reference-image.ts';
import type { ConceptLibrary } from '../library/concept-library.ts';
import { carriedFacts, versionWithReferences } from '../library/teach-again.ts';
import type { BlobKey } from '../storage/blob-store.ts';
import type { JobQueue } from './job-queue.ts';

export interface TeachAgainRequest {
  readonly concept: ConceptId;
  /** Default: as the model recommends. */
  readonly steps?: number | undefined;
}

interface Surroundings {
  readonly queue: JobQueue;
  readonly library: ConceptLibrary;
  /** Side of the model's picture in pixels, which findings are for. */
  readonly resolution: number;
}

/** Digits of the concept's id in the ids of its pictures. */
const ID_DIGITS = 16;

/**
 * The same id and request a second time change nothing.
 * @throws LikenessError `concept-unknown`; `image-unknown` where it keeps no pictures; as JobQueue.submit
 */
export async function teachAgain(
  job: JobId,
  { concept, steps }: TeachAgainRequest,
  { queue, library, resolution }: Surroundings,
): Promise<AnyJobState> {
  if (queue.has(job)) {
    const state = queue.get(job);
    if (state.kind === 'teach' && state.request.again === concept) return state;
    throw new LikenessError('job-conflict', `job ${job} was made for another request`);
  }
  const { current } = await library.get(concept);
  const version = await versionWithReferences(concept, library);
  if (version === undefined) {
    throw new LikenessError('image-unknown', `@${current.name} keeps none of its pictures`, {
      advice: 'Select its frames, and teach it under the same name.',
    });
  }
  const references = new Map<ImageId, BlobKey>();
  try {
    for (const [index, path] of (await library.materializeReferences(version)).entries()) {
      const reference = await readReference(path);
      const findings = await inspectFrame(reference.pixels, resolution);
      const { key } = await queue.references.put({ ...reference, findings });
      references.set(`kept-${concept.slice(0, ID_DIGITS)}-${index}`, key);
    }
    const { name, classWord, mirror } = carriedFacts(current);
    const request = {
      name,
      classWord,
      images: [...references.keys()],
      ...(steps !== undefined && { steps }),
      ...(mirror && { mirror }),
      keepReferences: true,
      again: concept,
    };
    return await queue.submit(job, { kind: 'teach', request, references });
  } finally {
    // The job holds them by now.
    await queue.references.release([...references.values()]);
  }
}
