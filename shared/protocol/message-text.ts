/** Text messages, to and from JSON: parsed at the border, trusted after it. */

import { LikenessError } from '../errors.ts';
import { type ClientMessage, clientMessageSchema } from './client-messages.ts';
import { MESSAGE_MAX_BYTES } from './limits.ts';
import { type ServerMessage, serverMessageSchema } from './server-messages.ts';
import { issueText, type z } from './zod.ts';

/** @throws LikenessError `message-format` */
export function parseClientMessage(text: string): ClientMessage {
  // A character takes a byte at least, so that this bounds the work; the socket itself counts bytes.
  if (text.length > MESSAGE_MAX_BYTES) {
    throw malformed(`${text.length} characters, expected at most ${MESSAGE_MAX_BYTES}`);
  }
  return parse(clientMessageSchema, text);
}

/** @throws LikenessError `message-format` */
export function parseServerMessage(text: string): ServerMessage {
  return parse(serverMessageSchema, text);
}

/** JSON, as it goes through the socket. */
export function messageText(message: ClientMessage | ServerMessage): string {
  return JSON.stringify(message);
}

function parse<Message>(schema: z.ZodType<Message>, text: string): Message {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw malformed('not JSON', cause);
  }
  const parsed = schema.safeParse(json);
  if (!parsed.success) throw malformed(issueText(parsed.error));
  return parsed.data;
}

function malformed(what: string, cause?: unknown): LikenessError {
  return new LikenessError('message-format', `message: ${what}`, { cause });
}
