/** What a request says, parsed at the border; handlers see only what the schemas let through. */

import { LikenessError } from '../../../shared/errors.ts';
import { describeIssue } from '../../../shared/protocol/message-text.ts';
import type { z } from '../../../shared/protocol/zod.ts';

/** @param subject what messages call it: "the query" @throws LikenessError `message-format` */
export function parsed<T>(schema: z.ZodType<T>, value: unknown, subject: string): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new LikenessError('message-format', `${subject}: ${describeIssue(result.error)}`);
}
