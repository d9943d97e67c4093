/**
 * PortHolder: the program that has a port of this computer. Strangers answer anything, half of it, for ever, or nothing:
 * each question ends in a bounded time, after a bounded number of bytes.
 */

import { request } from 'node:http';
import { text } from 'node:stream/consumers';
import { parsedJson } from '../../shared/json-text.ts';
import { healthSchema, routes } from '../../shared/protocol/http.ts';

/** One on this computer answers at once, unless it is busy starting. */
const HEALTH_TIMEOUT_MS = 2_000;

/** A companion's health has some forty bytes. */
const HEALTH_MAX_BYTES = 4 * 1024;

/**
 * `silent` takes connections and does not answer in time; `dropping` takes them and hangs up; `other` answers otherwise than
 * a companion; `nothing` is there.
 */
export type PortHolder = 'companion' | 'silent' | 'dropping' | 'other' | 'nothing';

/** Never rejects. */
export async function portHolder(port: number): Promise<PortHolder> {
  const question = request({
    host: '127.0.0.1',
    port,
    path: routes.health,
    headers: { Host: `localhost:${port}` },
    // No connection is kept: a stranger that hangs up on it would be asked again for ever.
    agent: false,
  });
  let holder: PortHolder | undefined;
  const timer = setTimeout(() => {
    holder = 'silent';
    question.destroy();
  }, HEALTH_TIMEOUT_MS);
  try {
    const answer = await new Promise<string>((resolve, reject) => {
      question.once('error', reject).once('close', () => reject(new Error('hung up')));
      question.once('response', (response) => {
        let bytes = 0;
        response.on('data', (chunk: Buffer) => {
          bytes += chunk.byteLength;
          if (bytes <= HEALTH_MAX_BYTES) return;
          holder = 'other';
          question.destroy();
        });
        text(response).then(resolve, reject);
      });
      question.end();
    });
    return isHealth(answer) ? 'companion' : 'other';
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code?.startsWith('HPE_')) return 'other';
    return holder ?? (code === 'ECONNREFUSED' ? 'nothing' : 'dropping');
  } finally {
    clearTimeout(timer);
    question.destroy();
  }
}

function isHealth(answer: string): boolean {
  return healthSchema.safeParse(parsedJson(answer)).success;
}

const WORDS: Readonly<Record<PortHolder, string>> = {
  companion: 'another companion, or a program that says to be one',
  silent: 'a program that takes connections and does not answer',
  dropping: 'a program that takes connections and hangs up',
  other: 'another program',
  nothing: 'a program that answers on another address of this computer',
};

/** As people read it: "a program that takes connections and hangs up". */
export function describeHolder(holder: PortHolder): string {
  return WORDS[holder];
}
