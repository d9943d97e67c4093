/** A data folder with copies of the embedded model, and what is done to them without a command line. */

import { cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { type DataFolders, dataFolders } from '../../companion/storage/folders.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

/** @param names of the copies; a name with `.damaged` behind it gets a model without its VAE */
export async function storeWith(...names: readonly string[]): Promise<DataFolders> {
  const folders = dataFolders({ LIKENESS_HOME: await scratchFolder() });
  for (const folder of [folders.models, folders.cache]) mkdirSync(folder, { recursive: true });
  for (const name of names) {
    const copy = join(folders.models, name);
    cpSync(join(EMBEDDED_MODELS, DEFAULT_MODEL), copy, { recursive: true });
    if (name.endsWith('.damaged')) rmSync(join(copy, 'vae'), { recursive: true });
  }
  return folders;
}

export async function collected<T>(events: AsyncIterable<T>): Promise<readonly T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}
