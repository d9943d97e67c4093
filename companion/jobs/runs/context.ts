/** What the run of a job tells its queue. */

import type { ConceptReference } from '../../../shared/protocol/concept.ts';
import type { ImageFrame } from '../../../shared/protocol/image-frame.ts';
import type { FrameAdvice, PictureSummary, Taught } from '../../../shared/protocol/job.ts';
import type { Progress } from '../../../shared/protocol/server-messages.ts';
import type { ConceptLibrary } from '../../library/concept-library.ts';
import type { JobFiles } from '../drivers/local/job-files.ts';
import type { PictureFiles } from '../job-record.ts';
import type { Engine, EngineSetup } from './engine.ts';

export type ProgressStep = Omit<Progress, 'type' | 'job'>;

export type JobStep =
  | { readonly type: 'progress'; readonly progress: ProgressStep }
  | { readonly type: 'device'; readonly device: string }
  /** On all frames together. */
  | { readonly type: 'advice'; readonly advice: readonly FrameAdvice[] }
  /** What was saved is of no use: it is learned from the start. */
  | { readonly type: 'anew' }
  | { readonly type: 'concepts'; readonly concepts: readonly ConceptReference[] }
  /** The files of it are written. */
  | { readonly type: 'picture'; readonly summary: PictureSummary; readonly files: PictureFiles }
  | { readonly type: 'frame'; readonly frame: ImageFrame }
  | { readonly type: 'taught'; readonly taught: Taught };

export interface RunTools {
  readonly engine: Engine;
  readonly setup: EngineSetup;
  readonly library: ConceptLibrary;
  readonly files: JobFiles;
  /** Whether a teaching that cannot go on from where it was saved begins anew, instead of failing. */
  readonly mayStartAnew: boolean;
  /** Cancels softly. */
  readonly signal: AbortSignal;
  /** Whether anybody would see a preview. */
  readonly isHeard: () => boolean;
}

/** JSON and clients know no Infinity: there is no pace to judge by yet. */
export function knownSeconds(seconds: number): number | null {
  return Number.isFinite(seconds) ? Math.max(0, seconds) : null;
}
