/** ConnectionState: every state of the connection to the companion, and the events that lead from one to the next. */

import type { CloseReason } from '../../../shared/protocol/connection.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import type { SearchResult } from './companion-search.ts';

export type ConnectionState =
  | { readonly phase: 'searching' }
  /** The plugin's companion answers on no port. The search is repeated. */
  | { readonly phase: 'absent'; readonly unproven: readonly number[] }
  /** Companions answer that do not know the plugin, and want a code. The search for its own goes on. */
  | { readonly phase: 'unpaired'; readonly ports: readonly number[]; readonly failure: ErrorReport | null }
  | { readonly phase: 'pairing'; readonly ports: readonly number[] }
  | { readonly phase: 'ready'; readonly port: number }
  /** It was there a moment ago: it was stopped, the computer slept, or it closed the socket of a panel that was too slow. */
  | { readonly phase: 'lost'; readonly attempt: number; readonly goodbye: boolean; readonly slow?: true }
  | { readonly phase: 'mismatch'; readonly companion: 'older' | 'newer' };

export type ConnectionEvent =
  | Exclude<SearchResult, { readonly type: 'connected' }>
  | { readonly type: 'code-sent' }
  | { readonly type: 'pairing-failed'; readonly report: ErrorReport }
  | { readonly type: 'welcomed'; readonly port: number }
  | { readonly type: 'goodbye' }
  | { readonly type: 'closed'; readonly reason: string };

export const START: ConnectionState = { phase: 'searching' };

/** Close reason of a companion that had to keep too much for this panel. */
const SLOW: CloseReason = 'slow';
const REVOKED: CloseReason = 'revoked';

/** Searches, a quarter of a minute: a companion that is started again takes less. Then others may be the new one. */
const LOST_ATTEMPTS = 6;

export function nextConnection(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.type) {
    case 'strange':
    case 'mismatch':
    case 'absent':
      return afterSearch(state, event);
    case 'code-sent':
      return state.phase === 'unpaired' ? { phase: 'pairing', ports: state.ports } : state;
    case 'pairing-failed':
      return state.phase === 'pairing'
        ? { phase: 'unpaired', ports: state.ports, failure: event.report }
        : state;
    case 'welcomed':
      return { phase: 'ready', port: event.port };
    case 'goodbye':
      return { phase: 'lost', attempt: 0, goodbye: true };
    case 'closed':
      // A goodbye came just before, and says more than the closing does.
      if (state.phase !== 'ready') return state;
      // By the companion's own word: it will not be found again, and a code is wanted.
      if (event.reason === REVOKED) return START;
      return { phase: 'lost', attempt: 0, goodbye: false, ...(event.reason === SLOW && { slow: true }) };
  }
}

/** The plugin's own companion was not found. */
function afterSearch(
  state: ConnectionState,
  event: Exclude<SearchResult, { readonly type: 'connected' }>,
): ConnectionState {
  // Someone who was at work reads "reconnecting", whoever else answers meanwhile; not how to install what they have.
  if (state.phase === 'lost' && (event.type === 'absent' || state.attempt < LOST_ATTEMPTS)) {
    return { ...state, attempt: state.attempt + 1 };
  }
  if (event.type === 'absent') return { phase: 'absent', unproven: event.unproven };
  if (event.type === 'mismatch') return { phase: 'mismatch', companion: event.companion };
  const failure = state.phase === 'unpaired' ? state.failure : null;
  return { phase: 'unpaired', ports: event.ports, failure };
}

/** Soon at first, since restarts take seconds; then rarely, since someone may have gone home. */
export function retryDelayMs(attempt: number): number {
  return Math.min(500 * 1.6 ** attempt, 5_000);
}
