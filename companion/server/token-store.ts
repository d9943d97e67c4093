/**
 * Clients that were paired. A token is 256 random bits that only its client has; here lies its SHA-256, which is of
 * no use to whoever reads the file. (No slow hash: those are for passwords, which can be guessed.)
 */

import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Mutex } from 'async-mutex';
import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { streamFileAtomically } from '../storage/atomic-file.ts';
import { MAX_TOKENS } from './limits.ts';

const TOKEN_BYTES = 32;

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

const fileSchema = z.strictObject({ version: z.literal(1), clients: z.array(clientSchema).max(MAX_TOKENS) });

export class TokenStore {
  readonly #file: string;
  #clients: readonly StoredClient[];
  /** Writes, one after the other. */
  readonly #writing = new Mutex();

  private constructor(file: string, clients: readonly StoredClient[]) {
    this.#file = file;
    this.#clients = clients;
  }

  /** @throws LikenessError `storage` where the file is there but not ours: it is not overwritten */
  static async open(file: string): Promise<TokenStore> {
    const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
      if (cause.code === 'ENOENT') return undefined;
      throw new LikenessError('storage', `${file} cannot be read (${cause.code})`, { cause });
    });
    return new TokenStore(file, text === undefined ? [] : parseClients(text, file));
  }

  list(): readonly PairedClient[] {
    return this.#clients.map(({ id, label, createdAt }) => ({ id, label, createdAt }));
  }

  /** Gives the token, which is nowhere else from then on. */
  async issue(label: string): Promise<{ readonly token: string; readonly client: PairedClient }> {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    const client: StoredClient = {
      id: randomUUID(),
      label,
      hash: hashOf(token).toString('hex'),
      createdAt: new Date().toISOString(),
      lastUse: this.#nextUse(),
    };
    const byUse = [...this.#clients].sort((one, other) => other.lastUse - one.lastUse);
    this.#clients = [...byUse.slice(0, MAX_TOKENS - 1), client];
    await this.#write();
    return { token, client: { id: client.id, label, createdAt: client.createdAt } };
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
    const text = JSON.stringify({ version: 1, clients: this.#clients }, undefined, 2);
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

function parseClients(text: string, file: string): readonly StoredClient[] {
  try {
    return fileSchema.parse(JSON.parse(text)).clients;
  } catch (cause) {
    throw new LikenessError('storage', `${file} is damaged, expected the list of paired clients`, {
      advice: 'Delete the file and start again; every plugin then has to be paired again.',
      cause,
    });
  }
}
