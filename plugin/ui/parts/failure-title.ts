import type { ReportCode } from '../../../shared/errors.ts';

/** The failure in people's words. The report's advice says what to do. */
const TITLES: Readonly<Record<ReportCode, string>> = {
  cancelled: 'Cancelled',
  'checkpoint-format': 'The image model is damaged',
  'checkpoint-missing': 'The image model is incomplete',
  'checkpoint-unsupported': 'This image model cannot be used',
  'concept-format': 'The concept file cannot be read',
  'concept-mismatch': 'This concept belongs to another image model',
  'concept-unknown': 'The prompt names a concept that is not in the library',
  'device-unavailable': 'The chosen device cannot be used',
  engine: 'The work stopped in the middle',
  'frame-format': 'A picture did not arrive whole',
  'image-format': 'A frame could not be read',
  'image-size': 'A frame is too large or too small',
  'image-unknown': 'The frames have to be sent again',
  input: 'A setting is not right',
  'job-conflict': 'This was already started',
  'job-unknown': 'This job is no longer there',
  memory: 'There is not enough memory',
  'message-format': 'Plugin and companion did not understand each other',
  network: 'The model hub cannot be reached',
  origin: 'The companion does not accept this page',
  'pairing-code': 'That code did not work',
  'queue-full': 'The queue is full',
  'saved-run': 'It cannot go on from what was saved',
  storage: 'The disk is full or cannot be written',
  token: 'The companion asks you to connect again',
  'too-many': 'That was too often',
  version: 'Plugin and companion are of different versions',
  internal: 'Something went wrong',
};

/** Their messages were written for people who set something; all others were written for a log. */
const TELLING: ReadonlySet<ReportCode> = new Set([
  'concept-unknown',
  'concept-mismatch',
  'image-size',
  'input',
  'saved-run',
]);

export function failureTitle(code: ReportCode): string {
  return TITLES[code];
}

export function isMessageForPeople(code: ReportCode): boolean {
  return TELLING.has(code);
}
