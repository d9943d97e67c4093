/** networkCards: the networks that remove backgrounds or enlarge pictures, here or to be had, as cards beside those of the models. */

import { stat } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { LikenessError } from '../../../shared/errors.ts';
import type { ModelCard } from '../../../shared/protocol/model.ts';
import { reportOf } from '../../../shared/protocol/zod.ts';
import {
  MATTING_MODEL,
  networkFile,
  openMattingFolder,
  UPSCALER_MODEL,
} from '../../matting/matting-folder.ts';
import { CATALOGUE } from '../catalogue-entries.ts';
import { forPanel } from '../model-task-steps.ts';
import { unfinishedPulls } from '../pull-folder.ts';
import { type CardOptions, EMPTY_CARD } from './model-cards.ts';

const NETWORKS = CATALOGUE.filter(
  (entry) => entry.kind === 'background remover' || entry.kind === 'upscaler',
);

type NetworkKind = 'background remover' | 'upscaler';

/** True for what is no base model, and never used for pictures. */
export function isNetwork(name: string): boolean {
  return name === MATTING_MODEL || name === UPSCALER_MODEL;
}

type NetworkOptions = Pick<CardOptions, 'taskOf'> & {
  readonly folders: Pick<CardOptions['folders'], 'models'>;
};

export async function networkCards(
  kind: NetworkKind,
  { folders: { models }, taskOf }: NetworkOptions,
): Promise<readonly ModelCard[]> {
  const kept = new Map((await unfinishedPulls(models)).map(({ name, sizeBytes }) => [name, sizeBytes]));
  return Promise.all(
    NETWORKS.filter((entry) => entry.kind === kind).map(
      async ({ name, title, goodFor, sizeBytes, memoryBytes, licence }): Promise<ModelCard> => {
        const { name: id = 'not stated', page: url, note = null } = licence;
        return {
          ...EMPTY_CARD,
          name,
          title,
          goodFor,
          sizeBytes,
          memoryBytes,
          ...(await placeOf(join(models, name), kind)),
          licence: { id, url, note },
          keptBytes: kept.get(name) ?? 0,
          fit: memoryBytes > totalmem() ? 'too-large' : 'fits',
          task: taskOf(name) ?? null,
        };
      },
    ),
  );
}

/** Offered where nothing is there; what lies there and does not open is to be repaired or removed. */
async function placeOf(folder: string, kind: NetworkKind): Promise<Pick<ModelCard, 'place' | 'fault'>> {
  try {
    if (kind === 'background remover') await openMattingFolder(folder);
    else if ((await networkFile(folder)) === undefined) throw missingNetwork(folder);
    return { place: 'fetched', fault: null };
  } catch (error) {
    const isThere = (await stat(folder).catch(() => undefined)) !== undefined;
    return isThere
      ? { place: 'fetched', fault: reportOf(forPanel(error)) }
      : { place: 'offered', fault: null };
  }
}

function missingNetwork(folder: string): LikenessError {
  return new LikenessError('checkpoint-missing', `${folder} has no network`, {
    advice: 'Remove it, and get it again.',
  });
}
