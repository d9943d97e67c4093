/**
 * ModelInUse: the base model that new work is done on. It can be changed while the companion runs, and the choice is kept
 * for the next start. Jobs keep the model that they were asked for on.
 */

import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { z } from '../../shared/protocol/zod.ts';
import type { JobModels } from '../jobs/runs/context.ts';
import type { NamedModel } from '../library/model-version.ts';
import { DEFAULT_MODEL, findModel, listModels } from '../model-store/catalogue.ts';
import { markUse } from '../model-store/model-use.ts';
import { type BaseModelFacts, readBaseModel, readTraits } from '../pipeline/loaded-model.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import type { DataFolders } from '../storage/folders.ts';
import type { PidLock } from '../storage/pid-lock.ts';
import { readRegularFile } from '../storage/regular-file.ts';

const choiceSchema = z.strictObject({ model: z.string() });

export interface OpenedModel {
  readonly facts: BaseModelFacts;
  readonly folder: string;
}

export interface ModelOpening {
  /** Name or path that the command line gave: it goes before the choice that was kept. */
  readonly wanted: string | undefined;
  readonly folders: DataFolders;
  /** Called where the model that was chosen last cannot be used, and the one that comes with Likeness takes its place. */
  readonly tellFault: (model: string, error: unknown) => void;
}

export class ModelInUse implements JobModels {
  readonly #folders: DataFolders;
  #opened: OpenedModel;
  /** Folders by the names of models that were in use since the start; some are known to nobody else. */
  readonly #known = new Map<string, string>();
  readonly #marks = new Map<string, PidLock>();

  /** @param opened taken as it is */
  constructor(opened: OpenedModel, folders: DataFolders) {
    this.#folders = folders;
    this.#opened = opened;
    this.#known.set(opened.facts.summary.name, opened.folder);
  }

  /** @throws LikenessError `checkpoint-*` where not even the model that comes with Likeness opens */
  static async open({ wanted, folders, tellFault }: ModelOpening): Promise<ModelInUse> {
    const chosen = wanted ?? (await readChoice(folders));
    let opened: OpenedModel;
    try {
      opened = await openModel(chosen, folders);
    } catch (error) {
      // Whoever has no terminal could not choose another one.
      if (wanted !== undefined || chosen === undefined || !(error instanceof LikenessError)) throw error;
      tellFault(chosen, error);
      opened = await openModel(DEFAULT_MODEL, folders);
    }
    const model = new ModelInUse(opened, folders);
    await model.#mark(opened);
    return model;
  }

  get facts(): BaseModelFacts {
    return this.#opened.facts;
  }

  get folder(): string {
    return this.#opened.folder;
  }

  get name(): string {
    return this.facts.summary.name;
  }

  async folderOf(name: string): Promise<string> {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const found = (await listModels(this.#folders)).find((model) => model.name === name);
    if (found !== undefined) return found.folder;
    throw new LikenessError(
      'checkpoint-missing',
      `${name}, the model that this was asked for on, is not here`,
      {
        advice: 'Get or add the model again, or start this anew on the one in use.',
      },
    );
  }

  async namedModel(name: string): Promise<NamedModel> {
    const folder = await this.folderOf(name);
    const isListed = (await listModels(this.#folders)).some((model) => model.folder === folder);
    const isInUse = folder === this.folder;
    const traits = isInUse ? this.facts : await readTraits(folder, this.#folders.cache);
    return { traits, name: isListed ? name : folder };
  }

  /**
   * True where it is another one than before.
   * @throws LikenessError `checkpoint-*`, `storage`, and nothing has changed then
   */
  async use(name: string): Promise<boolean> {
    const folder = await findModelNamed(name, this.#folders);
    if (folder === this.folder) return false;
    const opened = await openModel(folder, this.#folders);
    await writeFileAtomically(choiceFile(this.#folders), JSON.stringify({ model: name }));
    await this.#mark(opened);
    this.#opened = opened;
    this.#known.set(opened.facts.summary.name, folder);
    return true;
  }

  /** Lets go of a model that is no longer in use, so that it can be removed. */
  async release(name: string): Promise<void> {
    const folder = this.#known.get(name);
    if (folder === undefined || folder === this.folder) return;
    this.#known.delete(name);
    await this.#marks.get(folder)?.release();
    this.#marks.delete(folder);
  }

  async close(): Promise<void> {
    for (const mark of this.#marks.values()) await mark.release();
    this.#marks.clear();
  }

  /** Nobody removes it meanwhile. */
  async #mark({ folder }: OpenedModel): Promise<void> {
    const mark = this.#marks.has(folder) ? undefined : await markUse(folder, this.#folders);
    if (mark !== undefined) this.#marks.set(folder, mark);
  }
}

async function openModel(wanted: string | undefined, folders: DataFolders): Promise<OpenedModel> {
  const folder = await findModel(wanted, folders);
  return { folder, facts: await readBaseModel(folder, folders.cache) };
}

/** By its name in the list alone: a client names no paths. */
async function findModelNamed(name: string, folders: DataFolders): Promise<string> {
  const found = (await listModels(folders)).find((model) => model.name === name);
  if (found !== undefined) return found.folder;
  throw new LikenessError('checkpoint-missing', `no model is named ${name} here`, {
    advice: 'Get it first, or choose another one.',
  });
}

function choiceFile({ home }: Pick<DataFolders, 'home'>): string {
  return join(home, 'model-in-use.json');
}

/** undefined where none was chosen, or the file is damaged. */
async function readChoice(folders: DataFolders): Promise<string | undefined> {
  const text = await readRegularFile(choiceFile(folders)).catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return choiceSchema.parse(JSON.parse(text.toString())).model;
  } catch {
    return undefined;
  }
}
