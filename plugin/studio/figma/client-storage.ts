import { CLIENT_STORAGE_MAX_BYTES } from './limits.ts';
import { cloned, storedBytes } from './message-clone.ts';
import { refusal } from './node-checks.ts';
import type { StoredValues } from './sandbox-host.ts';

function entryBytes(key: string, value: unknown): number {
  return storedBytes(key) + storedBytes(value);
}

/** `figma.clientStorage`: one person's, one plugin's, in every document. */
export class ClientStorage {
  readonly #values: StoredValues;
  /** Writes one after another: two at once could each see room for itself. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(values: StoredValues) {
    this.#values = values;
  }

  async getAsync(key: string): Promise<unknown> {
    return cloned(await this.#values.get(key), 'clientStorage.getAsync');
  }

  setAsync(key: string, value: unknown): Promise<void> {
    const write = async (copy: unknown) => {
      const others = Object.entries(await this.#values.all()).filter(([name]) => name !== key);
      const used = others.reduce((sum, [name, item]) => sum + entryBytes(name, item), 0);
      const needed = entryBytes(key, copy);
      if (used + needed > CLIENT_STORAGE_MAX_BYTES) {
        throw refusal(
          'clientStorage.setAsync',
          `the quota of 5 MB is exceeded: ${used} bytes are used, ${needed} more do not fit`,
        );
      }
      await this.#values.set(key, copy);
    };
    try {
      const copy = cloned(value, 'clientStorage.setAsync');
      const done = this.#last.then(() => write(copy));
      this.#last = done.catch(() => undefined);
      return done;
    } catch (cause) {
      return Promise.reject(cause);
    }
  }

  async deleteAsync(key: string): Promise<void> {
    await this.#values.delete(key);
  }

  async keysAsync(): Promise<string[]> {
    return Object.keys(await this.#values.all());
  }
}
