import { type Signal, signal } from '@preact/signals';
import {
  type Computer,
  type ComputerFolder,
  computerSchema,
  type LeaveRequest,
  shownCodeSchema,
} from '../../../shared/protocol/computer.ts';
import { routes } from '../../../shared/protocol/http.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import type { CompanionConnection } from '../connection/companion.ts';
import { attempt } from '../connection/companion-http.ts';

/** The computer that the companion runs on, as it says, and what can be done there. */
export class ThisComputer {
  readonly facts: Signal<Computer | undefined> = signal(undefined);
  /** A code that was asked for, for another program. */
  readonly code: Signal<string | undefined> = signal(undefined);
  /** The end that was asked for; the companion says goodbye a moment later. */
  readonly left: Signal<LeaveRequest['remove'] | undefined> = signal(undefined);
  readonly failure: Signal<ErrorReport | undefined> = signal(undefined);
  readonly #companion: CompanionConnection;

  constructor(companion: CompanionConnection) {
    this.#companion = companion;
  }

  async refresh(): Promise<void> {
    this.code.value = undefined;
    await attempt(this.failure, async () => {
      this.facts.value = await this.#companion.json(routes.computer, computerSchema);
    });
  }

  startAtLogin(on: boolean): Promise<void> {
    return attempt(this.failure, async () => {
      await this.#companion.blob(routes.startAtLogin, { method: 'POST', body: { on } });
      const facts = this.facts.value;
      if (facts !== undefined) this.facts.value = { ...facts, startsAtLogin: on };
    });
  }

  /** In the computer's file manager. */
  openFolder(folder: ComputerFolder): Promise<void> {
    return attempt(this.failure, async () => {
      await this.#companion.blob(routes.openFolder, { method: 'POST', body: { folder } });
    });
  }

  showCode(): Promise<void> {
    return attempt(this.failure, async () => {
      const { code } = await this.#companion.json(routes.pairingCode, shownCodeSchema, {
        method: 'POST',
        body: {},
      });
      this.code.value = code;
    });
  }

  leave(remove: LeaveRequest['remove']): Promise<void> {
    return attempt(this.failure, async () => {
      await this.#companion.blob(routes.leave, { method: 'POST', body: { remove } });
      this.left.value = remove;
    });
  }
}
