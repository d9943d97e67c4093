/** The door of a FakeCompanion: the real companion's own handshake, pairing and tickets, over an empty data folder. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLog } from '../../companion/server/log.ts';
import { Pairing } from '../../companion/server/pairing.ts';
import { SessionTickets } from '../../companion/server/session-tickets.ts';
import { Admission } from '../../companion/server/socket/admission.ts';
import { TokenStore } from '../../companion/server/token-store.ts';

/** Token of a plugin that was paired before. */
export const TOKEN = 'A'.repeat(43);

const folder = mkdtempSync(join(tmpdir(), 'likeness-gate-'));
process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
let opened = 0;

export class FakeGate {
  readonly tickets = new SessionTickets();
  readonly pairing: Pairing;
  /** As its window shows it. */
  code = '';
  readonly #tokens: TokenStore;
  readonly #port: number;

  private constructor(tokens: TokenStore, port: number) {
    this.#tokens = tokens;
    this.#port = port;
    this.pairing = new Pairing({
      tokens,
      log: createLog({}),
      show: (digits) => {
        this.code = digits;
      },
      port,
      revoke: async (client) => void (await tokens.revoke(client)),
    });
  }

  static async open(port: number): Promise<FakeGate> {
    const tokens = await TokenStore.open(join(folder, `clients-${opened++}.json`));
    await tokens.add('Likeness plugin', TOKEN);
    return new FakeGate(tokens, port);
  }

  get companion(): string {
    return this.#tokens.companion;
  }

  /** A new one for each socket. */
  admission(): Admission {
    const { tickets } = this;
    return new Admission({ tokens: this.#tokens, tickets, port: this.#port });
  }
}
