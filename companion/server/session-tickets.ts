/**
 * Tickets by which HTTP requests are known to come from a client whose socket is open. A ticket is good as long as its
 * socket, and a moment longer, and lives in memory alone: whoever gets hold of one later has nothing.
 */

import { createHash } from 'node:crypto';
import { TICKET_GRACE_MS } from './limits.ts';
import type { PairedClient } from './token-store.ts';

export class SessionTickets {
  /** By hash, so that the time of looking one up says nothing about others. */
  readonly #clients = new Map<string, PairedClient>();

  /** @returns ends it a moment later: what a page sends as it is closed arrives after its socket's end */
  open(ticket: string, client: PairedClient): () => void {
    const hash = hashOf(ticket);
    this.#clients.set(hash, client);
    return () => {
      setTimeout(() => this.#clients.delete(hash), TICKET_GRACE_MS).unref();
    };
  }

  recognise(ticket: string): PairedClient | undefined {
    return this.#clients.get(hashOf(ticket));
  }

  /** Ends all of a client at once. */
  revoke(client: string): void {
    for (const [hash, { id }] of this.#clients) if (id === client) this.#clients.delete(hash);
  }
}

function hashOf(ticket: string): string {
  return createHash('sha256').update(ticket).digest('hex');
}
