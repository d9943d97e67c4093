/** Summary of a base model, from its configs and weight headers: no weight is read. */

import { type ErrorCode, LikenessError, PROGRAM } from '../../shared/errors.ts';
import type { ImageSize } from '../../shared/geometry.ts';
import { openCheckpoint } from '../models/families/formats.ts';
import { describeModel } from '../pipeline/pipeline.ts';
import { readRecommendedSettings } from '../pipeline/settings.ts';
import type { DataFolders } from '../storage/folders.ts';
import { elementCount } from '../tensor/tensor.ts';
import { listModels, type ModelPlace } from './catalogue.ts';
import { readPullRecord } from './pull-folder.ts';

export interface ModelFileSummary {
  readonly name: string;
  readonly folder: string;
  /** Side in pixels. */
  readonly resolution: number;
  /** Sizes that it was trained at, the square first; none where it was trained at squares alone. */
  readonly sizes: readonly ImageSize[];
  readonly parameters: number;
  /** As the weights are stored: "fp16", or several. */
  readonly precision: string;
  readonly sizeBytes: number;
  /** undefined where the model does not say. */
  readonly licence: string | undefined;
  /** True for a model that only shows how Likeness works. */
  readonly isDemonstration: boolean;
}

export type ListedModel =
  | ({ readonly type: 'model'; readonly origin: ModelPlace['origin'] } & ModelFileSummary)
  /** A model that does not open. */
  | {
      readonly type: 'damaged';
      readonly name: string;
      readonly folder: string;
      readonly code: ErrorCode;
      readonly message: string;
    };

/** All models on this computer, those that came with the repository first. */
export async function* summariseModels(
  folders: Pick<DataFolders, 'models'>,
): AsyncGenerator<ListedModel, void> {
  for (const { name, folder, origin } of await listModels(folders)) {
    try {
      yield { type: 'model', origin, ...(await summariseModel(folder)) };
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      yield { type: 'damaged', name, folder, code: error.code, message: error.message };
    }
  }
}

/** @throws LikenessError `checkpoint-*` */
export async function summariseModel(folder: string): Promise<ModelFileSummary> {
  const checkpoint = await openCheckpoint(folder);
  const { facts } = describeModel(checkpoint);
  const precisions = new Set<string>();
  let parameters = 0;
  let sizeBytes = 0;
  for (const { weights } of checkpoint.components.values()) {
    for (const source of weights.sources) sizeBytes += source.sizeBytes;
    for (const name of weights.names()) {
      const { dtype, shape } = weights.get(name);
      parameters += elementCount(shape);
      // Integers are positions and the like, not weights.
      if (/^B?F\d/.test(dtype)) precisions.add(dtype.toLowerCase().replace(/^f/, 'fp'));
    }
  }
  const settings = await readRecommendedSettings(folder);
  const { licence = (await readPullRecord(folder))?.licence } = settings;
  return {
    name: checkpoint.name,
    folder: checkpoint.folder,
    resolution: facts.resolution,
    sizes: facts.sizes,
    parameters,
    precision: [...precisions].sort().join('+'),
    sizeBytes,
    licence,
    isDemonstration: settings.demonstration,
  };
}

/** Advice on a damaged model; undefined for one that no pull has brought: only its owner knows where it came from. */
export async function repairAdvice({
  name,
  folder,
}: Pick<ModelPlace, 'name' | 'folder'>): Promise<string | undefined> {
  const record = await readPullRecord(folder).catch(() => undefined);
  return record && `\`${PROGRAM} models pull ${name}\` fetches what differs.`;
}
