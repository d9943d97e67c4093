/** backgroundRemovers: the networks that remove backgrounds, here or to be had, as cards beside those of the models. */

import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import type { ModelCard } from '../../shared/protocol/model.ts';
import { reportOf } from '../../shared/protocol/zod.ts';
import { openMattingFolder } from '../matting/matting-folder.ts';
import { CATALOGUE } from './catalogue-entries.ts';
import { type CardOptions, EMPTY_CARD } from './model-cards.ts';
import { forPanel } from './model-task-steps.ts';
import { unfinishedPulls } from './pull-folder.ts';

const REMOVERS = CATALOGUE.filter((entry) => entry.kind === 'background remover');

type RemoverOptions = Pick<CardOptions, 'taskOf'> & {
  readonly folders: Pick<CardOptions['folders'], 'models'>;
};

export async function backgroundRemovers({
  folders: { models },
  taskOf,
}: RemoverOptions): Promise<readonly ModelCard[]> {
  const kept = new Map((await unfinishedPulls(models)).map(({ name, sizeBytes }) => [name, sizeBytes]));
  return Promise.all(
    REMOVERS.map(async ({ name, title, goodFor, sizeBytes, memoryBytes, licence }): Promise<ModelCard> => {
      const { name: id = 'not stated', page: url, note = null } = licence;
      return {
        ...EMPTY_CARD,
        ...{ name, title, goodFor, sizeBytes, memoryBytes },
        ...(await placeOf(join(models, name))),
        licence: { id, url, note },
        keptBytes: kept.get(name) ?? 0,
        fit: memoryBytes > totalmem() ? 'too-large' : 'fits',
        task: taskOf(name) ?? null,
      };
    }),
  );
}

/** Offered where nothing is there; what lies there and does not open is to be repaired or removed. */
async function placeOf(folder: string): Promise<Pick<ModelCard, 'place' | 'fault'>> {
  try {
    await openMattingFolder(folder);
    return { place: 'fetched', fault: null };
  } catch (error) {
    const isThere = (await stat(folder).catch(() => undefined)) !== undefined;
    return isThere
      ? { place: 'fetched', fault: reportOf(forPanel(error)) }
      : { place: 'offered', fault: null };
  }
}
