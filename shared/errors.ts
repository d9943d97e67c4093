/**
 * The one error class that people get to see. Everything else that is thrown is a bug.
 *
 * A message is one line: the subject, what was got, what was expected. `advice` says what to do about it.
 */

/** Stable codes: clients and tests match on these, never on the message. */
export const ERROR_CODES = [
  /** The person stopped the work. */
  'cancelled',
  /** A file of a checkpoint is not what its format says. */
  'checkpoint-format',
  /** A folder, file or tensor of a checkpoint is not there. */
  'checkpoint-missing',
  /** Well-formed, but an architecture this program has no graph for. */
  'checkpoint-unsupported',
  /** A concept or LoRA file is not what its format says. */
  'concept-format',
  /** A concept that was taught on another model. */
  'concept-mismatch',
  /** A prompt, a flag or an address names a concept that is not there. */
  'concept-unknown',
  /** The chosen device cannot run here. */
  'device-unavailable',
  /** The engine process ended in the middle of its work. */
  'engine',
  /** A binary frame that does not follow its layout. */
  'frame-format',
  /** Not a picture, or a damaged one. */
  'image-format',
  /** A picture too large or too small to use. */
  'image-size',
  /** A request names an image that was never uploaded, or was forgotten since. */
  'image-unknown',
  /** A wrong flag, prompt or number. */
  'input',
  /** The job id was used before, for another request. */
  'job-conflict',
  /** There is no job of this id. */
  'job-unknown',
  /** Not enough memory for the work. */
  'memory',
  /** A message that is none of the protocol's. */
  'message-format',
  /** A model hub cannot be reached, or answers what no hub does. */
  'network',
  /** Host or Origin are not ones that the companion serves. */
  'origin',
  /** The pairing code is wrong, used up or too old. */
  'pairing-code',
  /** The queue is full. */
  'queue-full',
  /** What was saved of a teaching is damaged, is gone, or belongs to another run. */
  'saved-run',
  /** The disk is full, or a folder cannot be written. */
  'storage',
  /** The token is missing, revoked or none that the companion gave out. */
  'token',
  /** More tries, connections or requests than are served in this time. */
  'too-many',
  /** Client and companion speak different versions of the protocol. */
  'version',
] as const;

export type ErrorCode = (typeof ERROR_CODES)[number];

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
