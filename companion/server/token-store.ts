/**
 * Clients that were paired, and the companion's id, by which they keep their tokens. The id is random, made at the first
 * start, and told to paired clients only: every page could read it otherwise, and know a visitor again by it. A token is 256 random bits that only its client has; here lies its SHA-256, which lets in
 * nobody who reads the file: a client has to show the token behind it. (No slow hash: those are for passwords, which
 * can be guessed.)
 */

import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { Mutex } from 'async-mutex';
import { z } from 'zod';
import { parsedJson } from '../../shared/json-text.ts';
import { keyIdOf } from '../../shared/protocol/handshake.ts';
import { hexIdSchema } from '../../shared/protocol/ids.ts';
import { streamFileAtomically } from '../storage/atomic-file.ts';
import { readRegularFile } from '../storage/regular-file.ts';
import { storageError, systemFault } from '../storage/system-fault.ts';
import { MAX_TOKENS } from './limits.ts';

const TOKEN_BYTES = 32;
const ID_BYTES = 16;

/** base64url of 32 bytes. */
const TOKEN = /^[A-Za-z0-9_-]{43}$/;

/** Owner reads and writes, nobody else. Windows has no such modes; there the user's folder has the right ones. */
const PRIVATE_MODE = 0o600;

const clientSchema = z.strictObject({
  id: z.uuid(),
  /** The client's own name for itself: "Figma plugin". */
  label: z.string(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: z.iso.datetime(),
  /** Order of use, not of time: a clock that was set back must not decide who is dropped. */
  lastUse: z.int().nonnegative(),
});

type StoredClient = Readonly<z.infer<typeof clientSchema>>;
export type PairedClient = Pick<StoredClient, 'id' | 'label' | 'createdAt'>;

/** A client as handshakes know it. */
export interface ClientKey {
  readonly id: string;
  /** The hash of its token. */
  readonly key: Uint8Array;
}

const fileSchema = z.strictObject({
  version: z.literal(1),
  /** Missing of the version before. */
  companion: hexIdSchema.optional(),
  /** Wrong pairing codes since the last pairing. */
  wrongTries: z.int().nonnegative().optional(),
  clients: z.array(clientSchema).max(MAX_TOKENS),
});

export class TokenStore {
  /** Id of the companion, 32 hex digits. */
  readonly companion: string;
  readonly #file: string;
  #clients: readonly StoredClient[];
  #wrongTries: number;
  /** Writes, one after the other. */
  readonly #writing = new Mutex();

  private constructor(
    file: string,
    companion: string,
    { clients, wrongTries = 0 }: Pick<z.infer<typeof fileSchema>, 'clients' | 'wrongTries'>,
  ) {
    this.#file = file;
    this.#wrongTries = wrongTries;
    this.companion = companion;
    this.#clients = clients;
  }

  /**
   * A list that is damaged, or of a version that is not known yet, is set aside under another name: every client has to be paired
   * again, and the companion starts.
   * @param tellAside called with the file's new name
   * @throws LikenessError `storage` where it cannot be read or written
   */
  static async open(file: string, tellAside: (path: string) => void = () => {}): Promise<TokenStore> {
    const bytes = await readRegularFile(file).catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw systemFault(cause);
    });
    const none = { companion: undefined, clients: [] };
    const read = bytes === undefined ? none : parseFile(bytes.toString());
    if (read === undefined) tellAside(await setAside(file));
    const stored = read ?? none;
    const store = new TokenStore(file, stored.companion ?? randomBytes(ID_BYTES).toString('hex'), stored);
    if (stored.companion === undefined) await store.#write();
    return store;
  }

  /** Wrong pairing codes since the last pairing, as they were kept. */
  get wrongTries(): number {
    return this.#wrongTries;
  }

  /** @throws LikenessError `storage` */
  async keepWrongTries(count: number): Promise<void> {
    if (count === this.#wrongTries) return;
    this.#wrongTries = count;
    await this.#write();
  }

  list(): readonly PairedClient[] {
    return this.#clients.map(({ id, label, createdAt }) => ({ id, label, createdAt }));
  }

  /** Gives a new token, which is nowhere else from then on. */
  async issue(label: string): Promise<{ readonly token: string; readonly client: PairedClient }> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    return { token, client: await this.add(label, token) };
  }

  /** A client that has its token already. @throws LikenessError `storage`, and then it is not paired */
  async add(label: string, token: string): Promise<PairedClient> {
    const client: StoredClient = {
      id: randomUUID(),
      label,
      hash: hashOf(token).toString('hex'),
      createdAt: new Date().toISOString(),
      lastUse: this.#nextUse(),
    };
    const before = this.#clients;
    const byUse = [...before].sort((one, other) => other.lastUse - one.lastUse);
    this.#clients = [...byUse.slice(0, MAX_TOKENS - 1), client];
    try {
      await this.#write();
    } catch (error) {
      const dropped = before.filter(({ id }) => this.#clients.every((one) => one.id !== id));
      this.#clients = [...this.#clients.filter(({ id }) => id !== client.id), ...dropped];
      throw error;
    }
    return { id: client.id, label, createdAt: client.createdAt };
  }

  /** The first of these keys that is a paired client's. @param keyIds as keyIdOf makes them */
  findKey(keyIds: readonly string[]): ClientKey | undefined {
    for (const { id, hash } of this.#clients) {
      const key = Buffer.from(hash, 'hex');
      if (keyIds.includes(keyIdOf(key))) return { id, key };
    }
    return undefined;
  }

  /** The client whose token this is. Every hash is compared, so that time does not tell which one was near. */
  recognise(token: string): PairedClient | undefined {
    if (!TOKEN.test(token)) return undefined;
    const hash = hashOf(token);
    let found: StoredClient | undefined;
    for (const client of this.#clients) {
      if (timingSafeEqual(hash, Buffer.from(client.hash, 'hex'))) found = client;
    }
    if (found === undefined) return undefined;
    const { id, label, createdAt } = found;
    // Written with the next change; what a crash loses here is only who was here last.
    const lastUse = this.#nextUse();
    this.#clients = this.#clients.map((client) => (client.id === id ? { ...client, lastUse } : client));
    return { id, label, createdAt };
  }

  /** Gives whether there was one. */
  async revoke(id: string): Promise<boolean> {
    const left = this.#clients.filter((client) => client.id !== id);
    if (left.length === this.#clients.length) return false;
    this.#clients = left;
    await this.#write();
    return true;
  }

  #nextUse(): number {
    return 1 + Math.max(0, ...this.#clients.map(({ lastUse }) => lastUse));
  }

  async #write(): Promise<void> {
    const text = JSON.stringify(
      {
        version: 1,
        companion: this.companion,
        ...(this.#wrongTries > 0 && { wrongTries: this.#wrongTries }),
        clients: this.#clients,
      },
      undefined,
      2,
    );
    await this.#writing.runExclusive(() =>
      streamFileAtomically(this.#file, async (file) => {
        await file.chmod(PRIVATE_MODE);
        await file.writeFile(text);
      }),
    );
  }
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Undefined for what is no list of clients that this version knows. */
function parseFile(text: string): z.infer<typeof fileSchema> | undefined {
  return fileSchema.safeParse(parsedJson(text)).data;
}

/** @throws LikenessError `storage` */
async function setAside(file: string): Promise<string> {
  const aside = `${file}.damaged`;
  await rename(file, aside).catch((cause: unknown) => {
    throw storageError(file, cause);
  });
  return aside;
}
