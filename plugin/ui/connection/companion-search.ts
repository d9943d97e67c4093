/**
 * The search for this plugin's own companion, among all that answer on the companion's ports. Any program can say to be
 * one; the plugin's own is the one that proves it. Who does not is left for the next port, and nothing is forgotten for it.
 */

import { PROTOCOL_VERSION } from '../../../shared/protocol/connection.ts';
import { CompanionSocket, type SocketHandlers } from './companion-socket.ts';
import { findCompanions, portsToAsk } from './discovery.ts';
import type { KeptPairings } from './kept-pairings.ts';

export type SearchResult =
  /** The handlers have its connection. */
  | { readonly type: 'connected' }
  /** These answer, and do not know the plugin: it may be paired with one of them. */
  | { readonly type: 'strange'; readonly ports: readonly number[] }
  | { readonly type: 'mismatch'; readonly companion: 'older' | 'newer' }
  /** @param unproven ports of programs that said to know the plugin, and could not prove it */
  | { readonly type: 'absent'; readonly unproven: readonly number[] };

export async function searchCompanion(
  pairings: KeptPairings,
  handlers: SocketHandlers,
  signal: AbortSignal,
): Promise<SearchResult> {
  const found = await findCompanions(portsToAsk(location.href, pairings.lastPort));
  const strange: number[] = [];
  const unproven: number[] = [];
  for (const { port } of found.filter(({ protocol }) => protocol === PROTOCOL_VERSION)) {
    if (signal.aborted) break;
    const answer = pairings.isEmpty ? 'strange' : await prove(port, pairings, handlers, signal);
    if (answer === 'connected') return { type: 'connected' };
    (answer === 'strange' ? strange : unproven).push(port);
  }
  if (strange.length > 0) return { type: 'strange', ports: strange };
  const other = found.find(({ protocol }) => protocol !== PROTOCOL_VERSION);
  if (other === undefined) return { type: 'absent', unproven };
  return { type: 'mismatch', companion: other.protocol < PROTOCOL_VERSION ? 'older' : 'newer' };
}

async function prove(
  port: number,
  pairings: KeptPairings,
  handlers: SocketHandlers,
  signal: AbortSignal,
): Promise<'connected' | 'strange' | 'unproven'> {
  const socket = new CompanionSocket(port, pairings, handlers);
  const stop = () => socket.close();
  signal.addEventListener('abort', stop);
  const result = await socket.result;
  signal.removeEventListener('abort', stop);
  if (result.type === 'welcomed') return 'connected';
  return result.type === 'refused' && result.code === 'token' ? 'strange' : 'unproven';
}
