/**
 * ChangeJournal: a change of several blobs that is made whole, also where the process ends in the midst of it. What is
 * written anew is staged first; then all steps are written down in one blob. Before that nothing has changed, and from
 * there on whoever opens the store next carries the steps out. Each of them can be repeated.
 */

import { createHash, randomBytes } from 'node:crypto';
import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { BlobExists, type BlobKey, BlobMissing, type BlobStore } from '../storage/blob-store.ts';
import { isDiskFull } from '../storage/system-fault.ts';
import { CONCEPT_SUFFIX, freeKey } from './concept-folder.ts';
import type { ConceptVersion } from './concept-library.ts';
import { rewriteConcept } from './concept-writer.ts';

/** The dot hides it from people and from listings. */
const PREFIX = '.changing/';
const JOURNAL = `${PREFIX}journal.json` as BlobKey;

const key = z.custom<BlobKey>((value) => typeof value === 'string');
const sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** `to` is the key that is wished for: where another blob has it, the next free one is taken. */
const stepSchema = z.union([
  z.strictObject({ move: key, to: key }),
  /** A staged blob with its bytes, and the blob that it takes the place of, unless that was changed since. */
  z.strictObject({ place: key, sha256, to: key, old: z.strictObject({ key, sha256 }).optional() }),
  z.strictObject({ delete: key }),
]);

const journalSchema = z.strictObject({ schema: z.literal(1), steps: z.array(stepSchema) });

export type ChangeStep = z.infer<typeof stepSchema>;
type PlaceStep = Extract<ChangeStep, { place: BlobKey }>;

export class ChangeJournal {
  readonly #store: BlobStore;

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** True while a change is being made, and after one that was cut short. */
  async isPending(): Promise<boolean> {
    return isThere(this.#store, JOURNAL);
  }

  /**
   * Finishes a change that was cut short, and clears away what one left that was never decided. For whoever is alone with
   * the store. @throws LikenessError `storage`
   */
  async settle(): Promise<void> {
    const staged: BlobKey[] = [];
    for await (const blob of this.#store.list(PREFIX)) staged.push(blob.key);
    if (staged.includes(JOURNAL)) return this.#carryOut(await this.#read());
    for (const left of staged) await this.#store.delete(left);
  }

  /**
   * Makes the change that `plan` says; where it throws, none is made. For whoever is alone with the store.
   * @param plan is given what stages bytes for a `place` step
   * @throws LikenessError `storage`; what `plan` throws
   */
  async make(plan: (staged: Staging) => Promise<readonly ChangeStep[]>): Promise<void> {
    const staging = new Staging(this.#store);
    let steps: readonly ChangeStep[] = [];
    try {
      steps = await plan(staging);
      if (steps.length === 0) return;
      const text = JSON.stringify({ schema: 1, steps });
      await this.#store.put(JOURNAL, Buffer.from(text), { ifAbsent: true });
    } catch (error) {
      await staging.clear();
      const [first, ...others] = steps;
      const isFreeing = first !== undefined && steps.every((step) => 'delete' in step);
      if (!isFreeing || !isDiskFull(error)) throw error;
      // No room is left to write it down, until the first blob is gone.
      await this.#carryOut([first]);
      return this.make(async () => others);
    }
    await this.#carryOut(steps);
  }

  async #read(): Promise<readonly ChangeStep[]> {
    const text = Buffer.from(await this.#store.get(JOURNAL)).toString();
    try {
      return journalSchema.parse(JSON.parse(text)).steps;
    } catch (cause) {
      throw new LikenessError('storage', `${JOURNAL} in the library cannot be read`, {
        advice: 'A newer version of Likeness may have begun a change there: start that one once.',
        cause,
      });
    }
  }

  async #carryOut(steps: readonly ChangeStep[]): Promise<void> {
    for (const step of steps) {
      if ('move' in step) await this.#move(step.move, step.to);
      else if ('delete' in step) await this.#store.delete(step.delete);
      else await this.#place(step);
    }
    await this.#store.delete(JOURNAL);
  }

  /** False where there is nothing to move: it was moved before, or somebody took it away. */
  async #move(from: BlobKey, to: BlobKey): Promise<boolean> {
    for (const candidate of keysFrom(to)) {
      try {
        await this.#store.move(from, candidate);
        return true;
      } catch (error) {
        if (error instanceof BlobMissing) return false;
        if (!(error instanceof BlobExists)) throw error;
      }
      // Under both keys, where the move was cut short.
      if (await this.#isSame(from, candidate)) {
        await this.#store.delete(from);
        return true;
      }
    }
    throw new Error(`internal: no key is left for ${to}`);
  }

  async #place({ place: staged, to, old, sha256: hash }: PlaceStep): Promise<void> {
    if (to === old?.key) {
      const isUnchanged = (await this.#hash(old.key)) === old.sha256;
      if (isUnchanged && (await isThere(this.#store, staged))) {
        return this.#store.move(staged, to, { replace: true });
      }
      return this.#store.delete(staged);
    }
    // Another computer that held this one for dead may have cleared the staged blob away: then the old one stays.
    const isPlaced = (await this.#move(staged, to)) || (await this.#isPlaced(to, hash));
    if (!isPlaced || old === undefined) return;
    if ((await this.#hash(old.key)) === old.sha256) await this.#store.delete(old.key);
  }

  async #isPlaced(to: BlobKey, hash: string): Promise<boolean> {
    for (const candidate of keysFrom(to)) if ((await this.#hash(candidate)) === hash) return true;
    return false;
  }

  async #isSame(one: BlobKey, other: BlobKey): Promise<boolean> {
    const hash = await this.#hash(one);
    return hash !== undefined && hash === (await this.#hash(other));
  }

  /** Undefined where there is no blob. */
  async #hash(blob: BlobKey): Promise<string | undefined> {
    return (await isThere(this.#store, blob)) ? hashOf(await this.#store.get(blob)) : undefined;
  }
}

/** Files of one name and other contents in a folder: nobody has as many. */
const MAX_COPIES = 1000;

/** Facts that change; what is not named stays. */
type FactChanges = Partial<Pick<ConceptVersion, 'name' | 'rights' | 'version'>>;

/** Blobs that a change will put in the place of others. */
export class Staging {
  readonly #store: BlobStore;
  readonly #keys: BlobKey[] = [];

  constructor(store: BlobStore) {
    this.#store = store;
  }

  /** Step that puts `bytes` at `to`, and takes the blob of `old` away. */
  async put(bytes: Uint8Array, to: BlobKey, old?: BlobKey): Promise<ChangeStep> {
    const staged = `${PREFIX}${randomBytes(8).toString('hex')}${CONCEPT_SUFFIX}` as BlobKey;
    this.#keys.push(staged);
    await this.#store.put(staged, bytes);
    const step = { place: staged, sha256: hashOf(bytes), to };
    return old === undefined
      ? step
      : { ...step, old: { key: old, sha256: hashOf(await this.#store.get(old)) } };
  }

  /**
   * A step for each of a concept's files, with other facts. Where name and version stay, so does the key.
   * @param files newest first
   * @param taken keys in the folder; those that are taken now are added
   * @param changesOf by the file's place among them
   * @throws LikenessError `concept-format` where one is damaged, `storage`
   */
  async rewrite(
    files: readonly ConceptVersion[],
    taken: Set<string>,
    changesOf: (index: number) => FactChanges,
  ): Promise<readonly ChangeStep[]> {
    const steps: ChangeStep[] = [];
    for (const [index, { key: old, ...file }] of files.entries()) {
      const changes = changesOf(index);
      const { name, version } = { ...file, ...changes };
      const isMoved = changes.name !== undefined || changes.version !== undefined;
      // Its own key is free for it.
      if (isMoved) taken.delete(old);
      const to = isMoved ? freeKey(name, version, taken) : old;
      taken.add(old);
      steps.push(await this.put(await rewriteConcept(await this.#store.materialize(old), changes), to, old));
    }
    return steps;
  }

  /** One that cannot be removed goes with the next change. */
  async clear(): Promise<void> {
    for (const staged of this.#keys) await this.#store.delete(staged).catch(() => {});
  }
}

/** `aurora.safetensors`, `aurora-2.safetensors`, ...; a folder can have a name, too. */
function* keysFrom(to: BlobKey): Generator<BlobKey, void> {
  const suffix = to.endsWith(CONCEPT_SUFFIX) ? CONCEPT_SUFFIX : '';
  const stem = to.slice(0, to.length - suffix.length);
  for (let copy = 1; copy <= MAX_COPIES; copy++)
    yield (copy === 1 ? to : `${stem}-${copy}${suffix}`) as BlobKey;
}

async function isThere(store: BlobStore, blob: BlobKey): Promise<boolean> {
  try {
    await store.materialize(blob);
    return true;
  } catch (error) {
    if (error instanceof BlobMissing) return false;
    throw error;
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
