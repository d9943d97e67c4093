/** What a person can do about each kind of error, where the error itself knows nothing better. */

import { ERROR_CODES, type ErrorCode } from './errors.ts';
import { PROGRAM } from './program.ts';

/** `internal`: a bug. No error is thrown with it; it is what a report says of everything unexpected. */
export type ReportCode = ErrorCode | 'internal';

export const reportCodes = [...ERROR_CODES, 'internal'] as const;

const ADVICE: Readonly<Record<ReportCode, string>> = {
  cancelled: 'Start it again whenever you like.',
  'checkpoint-format': `In the Likeness folder, "${PROGRAM} models verify MODEL" finds damaged files, and "${PROGRAM} models pull MODEL" fetches them again.`,
  'checkpoint-missing': `In the Likeness folder, "${PROGRAM} models pull MODEL" fetches what is missing; without MODEL it says what there is.`,
  'checkpoint-unsupported':
    'Choose a Stable Diffusion 1.x or 2.x model, or the one that comes with Likeness.',
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

export function adviceFor(code: ReportCode): string {
  return ADVICE[code];
}
