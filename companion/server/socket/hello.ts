/** The first message. A client of another version is told so, even where its hello has other fields than ours. */

import { LikenessError } from '../../../shared/errors.ts';
import type { ClientMessageOf } from '../../../shared/protocol/client-messages.ts';
import { parseClientMessage } from '../../../shared/protocol/message-text.ts';
import { PROTOCOL_VERSION } from '../../../shared/protocol/version.ts';
import { z } from '../../../shared/protocol/zod.ts';

/** What every version's hello has. */
const anyHello = z.object({ type: z.literal('hello'), protocol: z.int().nonnegative() });

/** @throws LikenessError `version`, `message-format` */
export function parseHello(text: string): ClientMessageOf<'hello'> {
  requireVersion(text);
  const message = parseClientMessage(text);
  if (message.type === 'hello') return message;
  throw new LikenessError('message-format', `message: got ${message.type}, expected hello first`);
}

function requireVersion(text: string): void {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    // parseClientMessage says what is wrong.
    return;
  }
  const hello = anyHello.safeParse(json);
  if (!hello.success || hello.data.protocol === PROTOCOL_VERSION) return;
  throw new LikenessError(
    'version',
    `the client speaks version ${hello.data.protocol} of the protocol, this companion ${PROTOCOL_VERSION}`,
  );
}
