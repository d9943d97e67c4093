/**
 * LikenessError: the one error class that people get to see, with a stable code and advice. Everything else that is
 * thrown is a bug. A message is one line: the subject, what was got, what was expected; `advice` says what to do about
 * it, and each code has advice of its own for errors that know nothing better.
 */

/** Stable codes: clients and tests match on these, never on the message. */
const ERROR_CODES = [
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
  /** A teaching's saved run is damaged, is gone, or belongs to another one. */
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
  /** One sentence: what the person can do. */
  readonly advice?: string;
  readonly cause?: unknown;
}

/**
 * Letters of a message or of advice. Both quote files and lists, which may be of any length, and are kept in records that are
 * sent to every client; a list of some dozen names fits.
 */
const ERROR_TEXT_MAX_LENGTH = 1000;

/** An error that people see: subject, got and expected in one line, a stable code, and what to do. */
export class LikenessError extends Error {
  override readonly name = 'LikenessError';
  readonly code: ErrorCode;
  readonly advice: string | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(shortened(message), details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.advice = details.advice && shortened(details.advice);
  }
}

function shortened(text: string): string {
  return text.length <= ERROR_TEXT_MAX_LENGTH ? text : `${text.slice(0, ERROR_TEXT_MAX_LENGTH)} …`;
}

/** An error as it crosses a channel between processes, which would keep its message alone. */
export interface ErrorRecord {
  /** Undefined for a bug. */
  readonly code: ErrorCode | undefined;
  readonly message: string;
  readonly advice: string | undefined;
  readonly stack: string | undefined;
}

/** The code and advice of a LikenessError; of anything else its message and stack. */
export function errorRecord(error: unknown): ErrorRecord {
  const { message, stack } = error instanceof Error ? error : new Error(`internal: ${String(error)}`);
  const isTold = error instanceof LikenessError;
  return { code: isTold ? error.code : undefined, message, advice: isTold ? error.advice : undefined, stack };
}

/** The error on the other side of the channel; its cause has the stack. @param label begins the message of a told one */
export function recordedError({ code, message, advice, stack }: ErrorRecord, label?: string): Error {
  const cause = Object.assign(new Error(message), { stack });
  if (code === undefined) return new Error(message, { cause });
  const told = label === undefined ? message : `${label}: ${message}`;
  return new LikenessError(code, told, { cause, ...(advice !== undefined && { advice }) });
}

/** True where npm installed Likeness; false in a clone. A bundle has its builder's word for it in the module's address. */
export const isInstalled = import.meta.url.includes('/node_modules/');

/**
 * The command that starts the program: every text that tells people what to type begins with it. A clone puts no
 * command on anybody's path, so that plain `likeness` would not be found, and npm's script is there on every system.
 */
export const PROGRAM = isInstalled ? 'likeness' : 'npm run likeness --';

/** The command that starts the companion. */
export const START_COMMAND = isInstalled ? `${PROGRAM} start` : 'npm start';

/** The folder in which the commands are given; an installed one is found everywhere. */
export const COMMAND_PLACE = isInstalled ? 'a terminal' : 'the Likeness folder';

/** `internal`: a bug. No error is thrown with it; it is what a report says of everything unexpected. */
export type ReportCode = ErrorCode | 'internal';

export const reportCodes = [...ERROR_CODES, 'internal'] as const;

const ADVICE: Readonly<Record<ReportCode, string>> = {
  cancelled: 'Start it again whenever you like.',
  'checkpoint-format': `In ${COMMAND_PLACE}, "${PROGRAM} models verify MODEL" finds damaged files, and "${PROGRAM} models pull MODEL" fetches them again.`,
  'checkpoint-missing': `In ${COMMAND_PLACE}, "${PROGRAM} models pull MODEL" fetches what is missing; without MODEL it says what there is.`,
  'checkpoint-unsupported':
    'Choose a Stable Diffusion 1.x, 2.x or XL model, or the one that comes with Likeness.',
  'concept-format': 'Export the concept again where it came from; the file may be damaged.',
  'concept-mismatch': 'Choose the model the concept was taught on, or teach it again on this one.',
  'concept-unknown': 'Pick a name from the library: type @ in the prompt to see them.',
  'device-unavailable': `Choose "auto", or run "${PROGRAM} doctor" to see what each device lacks.`,
  engine: `Try again. If it keeps happening, choose a smaller size or fewer frames, and run "${PROGRAM} doctor".`,
  'frame-format': 'Close the plugin and open it again; update it if that does not help.',
  'image-format': 'Use a PNG, JPEG or WebP picture; export the frame again if it is one.',
  'image-size': 'Use frames between 64 and 4096 pixels a side.',
  'image-unknown': 'Select the frames again, so that they are sent once more.',
  input: 'Change the setting that the message names.',
  'job-conflict': 'Start it again: it gets a number of its own.',
  'job-unknown': 'Open the history: the job may have been removed from it.',
  memory: 'Close other programs and try again. Smaller pictures and fewer variants need less.',
  'message-format': 'Close the plugin and open it again; update it if that does not help.',
  network: 'Check the connection, then run the same command again: it goes on where it stopped.',
  origin: 'Open Likeness from Figma, or the studio at the address that the companion printed.',
  'pairing-code': 'Type the digits that the companion shows now; each code works once, for a few minutes.',
  'queue-full': 'Wait for a job to end, or cancel some that are waiting.',
  'saved-run': 'Select the frames and teach again: it starts anew.',
  storage: 'Make room on the disk, or check that the Likeness folder can be written.',
  token: 'Connect again with the code that the companion shows.',
  'too-many': 'Wait a minute, then try again.',
  version: 'Update: plugin and companion are from different versions of Likeness.',
  internal: `Try again. If it keeps happening, run "${PROGRAM} doctor --collect" and report it with the file that this writes.`,
};

/** Advice for an error that brings none of its own. */
export function adviceFor(code: ReportCode): string {
  return ADVICE[code];
}
