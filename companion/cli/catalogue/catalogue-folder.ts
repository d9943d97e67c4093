/**
 * CatalogueFolder: the folder of a catalogue's pictures, and its record. The record names every picture before the first is
 * made, at a path where nothing lay; a file at such a path is then that picture, whole, whenever the work was cut short.
 */

import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, sep } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { LikenessError } from '../../../shared/errors.ts';
import { type ErrorReport, errorReportSchema, issueText, z } from '../../../shared/protocol/zod.ts';
import { isFolder, USER_MODES, writeFileAtomically } from '../../storage/atomic-file.ts';
import { PidLock } from '../../storage/pid-lock.ts';
import { readRegularFile } from '../../storage/regular-file.ts';
import type { PlannedPicture } from './catalogue-plan.ts';

const RECORD_NAME = 'catalogue.json';

/** Ten thousand pictures with long names and reasons. */
const RECORD_MAX_BYTES = 16 * 1024 * 1024;

const begunConceptSchema = z.strictObject({
  /** Name of the base model. */
  model: z.string(),
  name: z.string(),
  weightHash: z.string(),
});

const recordSchema = z.strictObject({
  /** Raised when a reader of today could not understand it. */
  schema: z.literal(1),
  /** Settings of all its pictures. */
  settings: z.record(z.string(), z.json()),
  /** Versions that its pictures are made with, each known with its first one; the version before kept none. */
  concepts: z.array(begunConceptSchema).exactOptional(),
  pictures: z.array(
    z.strictObject({
      key: z.string(),
      /** Inside the folder, with /. */
      file: z.string(),
      /** The reason why it could not be made. */
      failed: errorReportSchema.exactOptional(),
    }),
  ),
});

type BegunConcept = z.infer<typeof begunConceptSchema>;
type CatalogueRecord = z.infer<typeof recordSchema>;
export type CatalogueSettings = CatalogueRecord['settings'];

export class CatalogueFolder {
  readonly path: string;
  readonly #lock: PidLock;
  readonly #settings: CatalogueSettings;
  readonly #pictures: Map<string, CatalogueRecord['pictures'][number]>;
  #concepts: readonly BegunConcept[];

  private constructor(path: string, lock: PidLock, record: CatalogueRecord) {
    this.path = path;
    this.#lock = lock;
    this.#settings = record.settings;
    this.#concepts = record.concepts ?? [];
    this.#pictures = new Map(record.pictures.map((picture) => [picture.key, picture]));
  }

  /**
   * Takes a folder that is there, and goes on with the catalogue in it if there is one.
   * @throws LikenessError `input` where another process is at work in it, where its catalogue has other settings or where
   *   a picture's place is taken; `storage`
   */
  static async open(
    path: string,
    planned: readonly PlannedPicture[],
    settings: CatalogueSettings,
  ): Promise<CatalogueFolder> {
    const lock = await PidLock.acquire(path, 'catalogue-made-by');
    try {
      const other = await lock.otherHolder();
      if (other !== undefined) {
        const where = other.host === hostname() ? '' : ` of ${other.host}`;
        throw new LikenessError('input', `process ${other.pid}${where} makes a catalogue in ${path}`, {
          advice: `Wait for it, or choose another --out. If there is no such process, remove ${other.path}.`,
        });
      }
      const record = await readRecord(join(path, RECORD_NAME));
      requireSameSettings(path, record?.settings ?? settings, settings);
      const folder = new CatalogueFolder(path, lock, record ?? { schema: 1, settings, pictures: [] });
      await folder.#claim(planned);
      return folder;
    } catch (error) {
      await lock.release();
      throw error;
    }
  }

  has({ file }: Pick<PlannedPicture, 'file'>): boolean {
    return existsSync(this.fileOf(file));
  }

  failureOf({ key }: Pick<PlannedPicture, 'key'>): ErrorReport | undefined {
    return this.#pictures.get(key)?.failed;
  }

  /** Hashes of the versions that pictures of a base model are made with, by name. */
  conceptsFor(model: string): ReadonlyMap<string, string> {
    const own = this.#concepts.filter((one) => one.model === model);
    return new Map(own.map(({ name, weightHash }) => [name, weightHash]));
  }

  /** Kept before the first picture with them is made. @throws LikenessError `storage` */
  async keepConcepts(
    model: string,
    used: readonly Pick<BegunConcept, 'name' | 'weightHash'>[],
  ): Promise<void> {
    const known = this.conceptsFor(model);
    const added = used.filter(({ name }) => !known.has(name));
    if (added.length === 0) return;
    const begun = added.map(({ name, weightHash }) => ({ model, name, weightHash }));
    this.#concepts = [...this.#concepts, ...begun];
    await this.#save();
  }

  fileOf(name: string): string {
    return join(this.path, ...name.split('/'));
  }

  /** @throws LikenessError `storage` */
  async write({ key, file }: PlannedPicture, png: Uint8Array): Promise<void> {
    await writeFileAtomically(this.fileOf(file), png, USER_MODES);
    if (this.#pictures.get(key)?.failed === undefined) return;
    this.#pictures.set(key, { key, file });
    await this.#save();
  }

  /** @throws LikenessError `storage` */
  async fail({ key, file }: PlannedPicture, failed: ErrorReport): Promise<void> {
    this.#pictures.set(key, { key, file, failed });
    await this.#save();
  }

  async close(): Promise<void> {
    await this.#lock.release();
  }

  /** Names what is new, where nothing lies in its place. */
  async #claim(planned: readonly PlannedPicture[]): Promise<void> {
    const owner = new Map([...this.#pictures.values()].map(({ file, key }) => [file.toLowerCase(), key]));
    for (const { key, file } of planned) {
      const known = this.#pictures.get(key);
      if (known?.file === file) continue;
      if (known !== undefined) {
        throw taken(`${this.path}: this picture has the name ${known.file} there, and would be ${file} now`);
      }
      if (owner.has(file.toLowerCase()) || existsSync(this.fileOf(file))) {
        throw taken(`${file} is in ${this.path} already, and is another picture`);
      }
      await requireInside(this.path, file);
    }
    for (const { key, file } of planned) if (!this.#pictures.has(key)) this.#pictures.set(key, { key, file });
    await this.#save();
  }

  async #save(): Promise<void> {
    const record: CatalogueRecord = {
      schema: 1,
      settings: this.#settings,
      ...(this.#concepts.length > 0 && { concepts: [...this.#concepts] }),
      pictures: [...this.#pictures.values()],
    };
    await writeFileAtomically(
      join(this.path, RECORD_NAME),
      `${JSON.stringify(record, null, 1)}\n`,
      USER_MODES,
    );
  }
}

function taken(message: string): LikenessError {
  return new LikenessError('input', message, { advice: 'Choose another --out, or another --name.' });
}

/** A file where a folder has to be would be told at the first picture only. */
async function requireInside(folder: string, file: string): Promise<void> {
  const parts = dirname(file)
    .split('/')
    .filter((part) => part !== '.');
  for (let depth = 1; depth <= parts.length; depth++) {
    const parent = [folder, ...parts.slice(0, depth)].join(sep);
    if (existsSync(parent) && !(await isFolder(parent))) {
      throw taken(`${parent} is a file, and would be a folder for ${file}`);
    }
  }
}

async function readRecord(path: string): Promise<CatalogueRecord | undefined> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return undefined;
  const advice = 'Choose another --out, or move the file away.';
  try {
    if (found.size > RECORD_MAX_BYTES) throw new Error(`it has ${found.size} bytes`);
    const parsed = recordSchema.safeParse(JSON.parse((await readRegularFile(path)).toString()));
    if (parsed.success) return parsed.data;
    throw new Error(issueText(parsed.error));
  } catch (cause) {
    throw new LikenessError('input', `${path} is no record of a catalogue: ${(cause as Error).message}`, {
      advice,
      cause,
    });
  }
}

/** Half of a catalogue with other settings than its other half would be none. */
function requireSameSettings(path: string, before: CatalogueSettings, now: CatalogueSettings): void {
  const plain = (value: unknown) => JSON.stringify(value) ?? 'none';
  for (const name of new Set([...Object.keys(before), ...Object.keys(now)])) {
    if (isDeepStrictEqual(before[name], now[name])) continue;
    throw new LikenessError(
      'input',
      `the catalogue in ${path} was begun with ${name} ${plain(before[name])}, and this is ${plain(now[name])}`,
      { advice: 'Use the same settings to go on with it, or choose another --out.' },
    );
  }
}
