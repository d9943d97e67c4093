/**
 * Messages between companion and engine process. Node's channel carries them by structured clone, so that bytes travel as
 * they are. Both ends are this program, so nothing is parsed again.
 */

import type { ErrorRecord } from '../../../shared/errors.ts';
import type { GenerateEvent, TeachEvent } from '../events.ts';
import type { GenerateRequest, TeachRequest } from '../requests.ts';

/** Each run has a number of its own: a cancellation that comes late must not hit the next one. */
export type ToEngine =
  | { readonly type: 'teach'; readonly run: number; readonly request: Omit<TeachRequest, 'signal'> }
  | { readonly type: 'generate'; readonly run: number; readonly request: Omit<GenerateRequest, 'signal'> }
  | { readonly type: 'cancel'; readonly run: number };

export type FromEngine =
  /** The first of a run, before anything is opened for it: from here on the process's end is the run's. */
  | { readonly type: 'accepted'; readonly run: number }
  | { readonly type: 'event'; readonly run: number; readonly event: TeachEvent | GenerateEvent }
  | { readonly type: 'done'; readonly run: number }
  | { readonly type: 'failed'; readonly run: number; readonly failure: ErrorRecord };
