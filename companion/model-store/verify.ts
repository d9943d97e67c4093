/**
 * Verification of a base model: every parameter that its graphs need is there in its shape, and every file is what the
 * manifest says. Configs alone can be checked before gigabytes of weights are fetched.
 */

import { basename, join, relative } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { hashFile, MANIFEST_NAME, verifyCheckpoint } from '../checkpoint/checkpoint-hash.ts';
import type { CheckpointFormat } from '../checkpoint/component.ts';
import { componentFolder, readSchedulerConfig } from '../checkpoint/diffusers-folder.ts';
import { requireParameters } from '../checkpoint/weight-store.ts';
import { openCheckpoint } from '../models/families/formats.ts';
import { familyOf } from '../models/families/registry.ts';
import { splitParameterName } from '../models/layers/scope.ts';
import { wholeGraph } from '../models/model-graphs.ts';
import { requireFiniteWeights } from '../pipeline/finite-weights.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { type JsonObject, readJsonObject } from '../storage/json-file.ts';
import { repairAdvice, summariseModel } from './summary.ts';

export interface CheckedFile {
  /** Relative to the model. */
  readonly path: string;
  /** undefined where the file is missing. */
  readonly sha256: string | undefined;
  /** `unlisted` where the model has no manifest. */
  readonly state: 'ok' | 'differs' | 'missing' | 'unlisted';
}

export type VerifyEvent =
  /** All parameters are there; now every byte is read. */
  | {
      readonly type: 'parameters';
      readonly name: string;
      readonly parameters: number;
      readonly sizeBytes: number;
    }
  | ({ readonly type: 'file' } & CheckedFile)
  | {
      readonly type: 'verified';
      readonly name: string;
      readonly folder: string;
      readonly parameters: number;
      readonly files: number;
      readonly faults: number;
      readonly hasManifest: boolean;
    };

/**
 * @throws LikenessError `checkpoint-*`: after the event `verified` where files are not what the manifest says, before it
 *   where they are and a weight is not finite
 */
export async function* verifyModel(folder: string, cacheFolder: string): AsyncGenerator<VerifyEvent, void> {
  const { name, sizeBytes } = await summariseModel(folder);
  const parameters = await requireParametersOf(folder, cacheFolder);
  yield { type: 'parameters', name, parameters, sizeBytes };
  const files: CheckedFile[] = [];
  for await (const file of checkFiles(folder)) {
    files.push(file);
    yield { type: 'file', ...file };
  }
  if (files.every(({ state }) => state === 'ok' || state === 'unlisted')) {
    await requireFiniteWeights(await openCheckpoint(folder));
  }
  const faults = files.filter(({ state }) => state === 'differs' || state === 'missing');
  const hasManifest = files.every(({ state }) => state !== 'unlisted');
  const counts = { parameters, files: files.length, faults: faults.length };
  yield { type: 'verified', name, folder, ...counts, hasManifest };
  const [first] = faults;
  if (first === undefined) return;
  const how = first.state === 'missing' ? 'is missing' : 'differs';
  throw new LikenessError(
    'checkpoint-format',
    `${name}: ${faults.length} of ${files.length} files are not what ${MANIFEST_NAME} says; ${first.path} ${how}`,
    { advice: (await repairAdvice({ name, folder })) ?? 'Fetch the model again where it came from.' },
  );
}

/** Files as the manifest lists them; without one, the weights. */
async function* checkFiles(folder: string): AsyncGenerator<CheckedFile, void> {
  const verified = await verifyCheckpoint(folder);
  if (verified !== undefined) {
    for (const { path, expected, got } of verified) {
      const state = got === undefined ? 'missing' : got === expected ? 'ok' : 'differs';
      yield { path, sha256: got, state };
    }
    return;
  }
  const { components } = await openCheckpoint(folder);
  // All may lie in one file. Stores give files with symlinks resolved; relative to the model, they stand as they
  // were found.
  for (const file of new Set([...components.values()].flatMap(({ weights }) => weights.files))) {
    yield { path: relative(folder, file) || basename(file), sha256: await hashFile(file), state: 'unlisted' };
  }
}

/**
 * Builds every graph of the model and holds the weights to them; none is read.
 * @returns the number of parameters that the graphs need
 * @throws LikenessError `checkpoint-*` for the first thing that is missing or does not fit
 */
export async function requireParametersOf(folder: string, cacheFolder: string): Promise<number> {
  const { model, checkpoint } = await Pipeline.open(folder, { cacheFolder });
  const expected = [...wholeGraph(model).build().parameters].map(([parameter, { shape }]) => ({
    ...splitParameterName(parameter),
    shape,
  }));
  for (const [component, { weights }] of checkpoint.components) {
    const wanted = expected.filter((parameter) => parameter.component === component);
    requireParameters(weights, `${checkpoint.name}/${component}`, wanted);
  }
  return expected.length;
}

/** @throws LikenessError `checkpoint-*` for the first setting that no graph knows */
export async function requireConfigsOf(
  folder: string,
  name: string,
  format: CheckpointFormat,
): Promise<void> {
  const configs = new Map<string, JsonObject>();
  const index = await readJsonObject(join(folder, 'model_index.json'));
  for (const component of format.components) {
    const own = await componentFolder(folder, component);
    if (own !== undefined) configs.set(component.name, await readJsonObject(join(own, 'config.json')));
  }
  const family = familyOf({ family: format.id });
  family.parse({ of: (component) => configs.get(component), index }, name);
  family.noiseProcess(await readSchedulerConfig(folder, index));
}
