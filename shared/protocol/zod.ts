/**
 * zod without compiled validators, the reader of its errors, and ErrorReport, an error as it is sent: a stable code,
 * one line, and advice. Figma's content policy forbids code from strings, and zod's probe for it would be reported as a
 * violation each time the plugin opens. Schemas of the protocol import `z` from here, so that this is set before the
 * first of them is made.
 */

import { z } from 'zod';
import { adviceFor, LikenessError, type ReportCode, reportCodes } from '../errors.ts';

z.config({ jitless: true });

export { z };

type Path = readonly PropertyKey[];

/**
 * The first thing that is wrong, in one line: its field and what it should be. Never the value: it may be a token.
 * @param named the path as people know it
 */
export function issueText(error: z.ZodError, named: (path: Path) => Path = (path) => path): string {
  const { path, message } = firstIssue(error);
  const field = named(path).join('.');
  return field === '' ? message : `${field}: ${message}`;
}

/** The first thing that is wrong. A refusal has one at the least. */
export function firstIssue({ issues }: z.ZodError): { readonly path: Path; readonly message: string } {
  return issues[0]!;
}

const errorCodeSchema = z.enum(reportCodes);

export const errorReportSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  /** One sentence: what the person can do. */
  advice: z.string(),
});

export type ErrorReport = Readonly<z.infer<typeof errorReportSchema>>;

/** The report of anything that was thrown. A bug is reported as one and no more: its message may name paths. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof LikenessError) {
    const { code, message, advice = adviceFor(code) } = error;
    return { code, message, advice };
  }
  const code: ReportCode = 'internal';
  return { code, message: 'something went wrong inside Likeness', advice: adviceFor(code) };
}
