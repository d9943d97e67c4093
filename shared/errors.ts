/**
 * The one error class that people get to see. Everything else that is thrown is a bug.
 *
 * A message is one line: the subject, what was got, what was expected. `advice` says what to do about it.
 */

/** Stable codes: clients and tests match on these, never on the message. */
export type ErrorCode =
  | 'cancelled' // the person stopped the work
  | 'checkpoint-format' // a file of a checkpoint is not what its format says
  | 'checkpoint-missing' // a folder, file or tensor of a checkpoint is not there
  | 'checkpoint-unsupported' // well-formed, but an architecture this program has no graph for
  | 'concept-format' // a concept or LoRA file is not what its format says
  | 'concept-mismatch' // a concept that was taught on another model
  | 'concept-unknown' // a prompt or a flag names a concept that is not there
  | 'device-unavailable' // the chosen device cannot run here
  | 'image-format' // not a picture, or a damaged one
  | 'image-size' // a picture too large or too small to use
  | 'input' // a wrong flag, prompt or number
  | 'memory' // not enough memory for the work
  | 'storage'; // the disk is full, or a folder cannot be written

export interface ErrorDetails {
  /** What the person can do, as one sentence. */
  readonly advice?: string;
  readonly cause?: unknown;
}

export class LikenessError extends Error {
  override readonly name = 'LikenessError';
  readonly code: ErrorCode;
  readonly advice: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.advice = details.advice;
  }
}
