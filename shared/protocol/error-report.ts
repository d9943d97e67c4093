/** An error as it travels: a stable code, one line, and what to do. Stacks and paths stay in the companion's log. */

import { adviceFor, type ReportCode, reportCodes } from '../advice.ts';
import { LikenessError } from '../errors.ts';
import { z } from './zod.ts';

const errorCodeSchema = z.enum(reportCodes);

export const errorReportSchema = z.object({
  code: errorCodeSchema,
  message: z.string(),
  /** What the person can do, as one sentence. */
  advice: z.string(),
});

export type ErrorReport = Readonly<z.infer<typeof errorReportSchema>>;

/** What may be told of anything that was thrown. Of a bug only that it is one: its message may name paths. */
export function reportOf(error: unknown): ErrorReport {
  if (error instanceof LikenessError) {
    const { code, message, advice = adviceFor(code) } = error;
    return { code, message, advice };
  }
  const code: ReportCode = 'internal';
  return { code, message: 'something went wrong inside Likeness', advice: adviceFor(code) };
}
