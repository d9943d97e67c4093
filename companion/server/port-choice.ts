/** The port to listen on: the plugin's manifest names three, and nothing else can be reached from Figma. */

import { LikenessError } from '../../shared/errors.ts';
import { type LoopbackListeners, listenOnLoopback } from './loopback-listeners.ts';
import { alreadyRunning, isCompanion } from './running-companion.ts';

/**
 * Listens on the first of the ports that no other program has.
 * @throws LikenessError `input` where a companion is running on one of them, or all are taken
 */
export async function listenOnFirstFree(ports: readonly number[]): Promise<LoopbackListeners> {
  for (const port of ports) {
    try {
      return await listenOnLoopback(port);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES') throw notAllowed(port, error);
      if (code !== 'EADDRINUSE') throw error;
      if (await isCompanion(port)) throw alreadyRunning(port);
    }
  }
  const [first, ...others] = ports;
  const taken = others.length === 0 ? `port ${first} is` : `ports ${ports.join(', ')} are`;
  throw new LikenessError('input', `${taken} taken by other programs`, {
    advice: 'Stop one of those programs. With --port another port can be used, by the studio only.',
  });
}

function notAllowed(port: number, cause: unknown): LikenessError {
  return new LikenessError('input', `port ${port} is one that this account may not listen on`, {
    advice: 'Choose one above 1023.',
    cause,
  });
}
