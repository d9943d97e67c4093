/** ConnectionState: every state of the connection to the companion, and the events that lead from one to the next. */

import { type CloseReason, PROTOCOL_VERSION } from '../../../shared/protocol/connection.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';

export type ConnectionState =
  | { readonly phase: 'searching' }
  /** No companion answers on any port. The search is repeated. */
  | { readonly phase: 'absent' }
  /** A companion answers, and wants a code. */
  | { readonly phase: 'unpaired'; readonly port: number; readonly failure: ErrorReport | null }
  | { readonly phase: 'pairing'; readonly port: number }
  | { readonly phase: 'connecting'; readonly port: number }
  | { readonly phase: 'ready'; readonly port: number }
  /** It was there a moment ago: it was stopped, the computer slept, or it closed the socket of a panel that was too slow. */
  | { readonly phase: 'lost'; readonly attempt: number; readonly goodbye: boolean; readonly slow?: true }
  | { readonly phase: 'mismatch'; readonly companion: 'older' | 'newer' };

export type ConnectionEvent =
  | { readonly type: 'found'; readonly port: number; readonly protocol: number; readonly hasToken: boolean }
  | { readonly type: 'not-found' }
  | { readonly type: 'code-sent' }
  | { readonly type: 'paired' }
  | { readonly type: 'pairing-failed'; readonly report: ErrorReport }
  | { readonly type: 'welcomed' }
  | { readonly type: 'refused'; readonly report: ErrorReport }
  | { readonly type: 'goodbye' }
  | { readonly type: 'closed'; readonly reason?: string };

/** Close reason of a companion that had to keep too much for this panel. */
const SLOW: CloseReason = 'slow';

export const START: ConnectionState = { phase: 'searching' };

export function nextConnection(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  switch (event.type) {
    case 'found': {
      const { port, protocol, hasToken } = event;
      if (protocol !== PROTOCOL_VERSION) {
        return { phase: 'mismatch', companion: protocol < PROTOCOL_VERSION ? 'older' : 'newer' };
      }
      return hasToken ? { phase: 'connecting', port } : { phase: 'unpaired', port, failure: null };
    }
    case 'not-found':
      // Someone who was at work reads "reconnecting", not how to install what they have.
      return state.phase === 'lost' ? { ...state, attempt: state.attempt + 1 } : { phase: 'absent' };
    case 'code-sent':
      return hasPort(state) ? { phase: 'pairing', port: state.port } : state;
    case 'paired':
      return hasPort(state) ? { phase: 'connecting', port: state.port } : state;
    case 'pairing-failed':
      return hasPort(state) ? { phase: 'unpaired', port: state.port, failure: event.report } : state;
    case 'welcomed':
      return hasPort(state) ? { phase: 'ready', port: state.port } : state;
    case 'refused':
      if (event.report.code === 'version') return { phase: 'mismatch', companion: 'newer' };
      return hasPort(state) ? { phase: 'unpaired', port: state.port, failure: event.report } : state;
    case 'goodbye':
      return { phase: 'lost', attempt: 0, goodbye: true };
    case 'closed':
      // A refusal or a goodbye came just before, and says more than the closing does.
      return state.phase === 'ready' || state.phase === 'connecting'
        ? { phase: 'lost', attempt: 0, goodbye: false, ...(event.reason === SLOW && { slow: true }) }
        : state;
  }
}

/** Soon at first, since restarts take seconds; then rarely, since someone may have gone home. */
export function retryDelayMs(attempt: number): number {
  return Math.min(500 * 1.6 ** attempt, 5_000);
}

function hasPort(state: ConnectionState): state is Extract<ConnectionState, { port: number }> {
  return 'port' in state;
}
