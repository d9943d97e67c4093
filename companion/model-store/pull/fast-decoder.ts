/**
 * addFastDecoder: the small decoder of a model's latents, fetched with it from a repository of its own. A model works without
 * one: where it cannot be had, that is told, and the model is fetched all the same.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { CheckpointFormat } from '../../checkpoint/component.ts';
import type { ModelFacts } from '../../models/family.ts';
import { CATALOGUE } from '../catalogue-entries.ts';
import type { FastDecoderEntry } from '../catalogue-entry.ts';
import { requiredWeights } from '../hub/model-files.ts';
import type { Repository } from '../hub/repository.ts';
import type { PullFolder, PullRecord } from '../pull-folder.ts';
import type { PullEvent } from './pull-events.ts';
import type { PullSource } from './pull-source.ts';
import type { PulledFiles } from './pulled-files.ts';

interface DecoderRequest {
  readonly model: Repository;
  readonly format: CheckpointFormat;
  readonly facts: ModelFacts;
  /** Commit of the one that came with the model before, which stays; else a branch. */
  readonly revision: string;
}

/** @returns where it came from; undefined where the model has one of its own, none fits, or none can be had */
export async function* addFastDecoder(
  source: PullSource,
  files: PulledFiles,
  folder: PullFolder,
  { model, format, facts, revision }: DecoderRequest,
): AsyncGenerator<PullEvent, PullRecord['fastDecoder']> {
  const place = format.components.find(({ optional }) => optional);
  const entry = fittingDecoder(format.id, facts);
  if (place === undefined || entry === undefined) return undefined;
  const { name, folders = [name] } = place;
  if (folders.some((own) => model.files.has(`${own}/config.json`))) return undefined;
  const prefix = `${folders[0]}/`;
  try {
    const repository = yield* source.repository(entry.repository, revision, folder.model);
    const { id, commit, licence } = repository;
    yield { type: 'fast-decoder', repository: id, commit, licence };
    const listed = entry.files.map((path) => requiredWeights(repository, path));
    yield* files.obtain(repository, listed, prefix);
    return { repository: id, commit };
  } catch (error) {
    const isItsFault = error instanceof LikenessError && !['cancelled', 'storage'].includes(error.code);
    if (!isItsFault || source.signal.aborted) throw error;
    for (const path of entry.files) files.hashes.delete(prefix + path);
    yield { type: 'no-fast-decoder', repository: entry.repository, reason: error.message };
    return undefined;
  }
}

function fittingDecoder(format: string, facts: ModelFacts): FastDecoderEntry | undefined {
  return CATALOGUE.filter((entry) => entry.kind === 'fast decoder').find(
    ({ format: id, latents: { channels, downscale, scale } }) =>
      id === format &&
      channels === facts.latentChannels &&
      downscale === facts.downscale &&
      scale === facts.latentScale,
  );
}
