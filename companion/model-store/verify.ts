/**
 * Verification of a base model: every parameter that its graphs need is there in its shape, and every file is what the
 * manifest says. Configs alone can be checked before gigabytes of weights are fetched.
 */

import { stat } from 'node:fs/promises';
import { basename, join, relative } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { hashFile, MANIFEST_NAME, verifyCheckpoint } from '../checkpoint/checkpoint-hash.ts';
import { configsOf, readFolderConfigs } from '../checkpoint/diffusers-folder.ts';
import { requireParameters } from '../checkpoint/weight-store.ts';
import { FORMATS, openCheckpoint } from '../models/families/formats.ts';
import { familyOf } from '../models/families/registry.ts';
import type { ModelFacts } from '../models/family.ts';
import { splitParameterName } from '../models/layers/scope.ts';
import { wholeGraph } from '../models/model-graphs.ts';
import { requireFiniteWeights } from '../pipeline/finite-weights.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { openSafetensors } from '../tensor/safetensors-file.ts';
import { readPullRecord } from './pull-folder.ts';
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
      /** Origin that a pull has recorded: the commit that the manifest is of. */
      readonly repository?: string;
      readonly commit?: string;
    };

/**
 * @throws LikenessError `checkpoint-*`: after the event `verified` where files are not what the manifest says, before it
 *   where they are and a weight is not finite
 */
export async function* verifyModel(folder: string, cacheFolder: string): AsyncGenerator<VerifyEvent, void> {
  const record = await readPullRecord(folder);
  const { file } = record ?? {};
  const isModel = file === undefined;
  const { name, sizeBytes, parameters } = isModel
    ? { ...(await summariseModel(folder)), parameters: await requireParametersOf(folder, cacheFolder) }
    : await summariseFile(folder, file);
  yield { type: 'parameters', name, parameters, sizeBytes };
  const files: CheckedFile[] = [];
  for await (const file of checkFiles(folder)) {
    files.push(file);
    yield { type: 'file', ...file };
  }
  if (isModel && files.every(({ state }) => state === 'ok' || state === 'unlisted')) {
    await requireFiniteWeights(await openCheckpoint(folder));
  }
  const faults = files.filter(({ state }) => state === 'differs' || state === 'missing');
  const hasManifest = files.every(({ state }) => state !== 'unlisted');
  const counts = { parameters, files: files.length, faults: faults.length };
  const origin = record && { repository: record.repository, commit: record.commit };
  yield { type: 'verified', name, folder, ...counts, hasManifest, ...origin };
  const [first] = faults;
  if (first === undefined) return;
  const how = first.state === 'missing' ? 'is missing' : 'differs';
  throw new LikenessError(
    'checkpoint-format',
    `${name}: ${faults.length} of ${files.length} files are not what ${MANIFEST_NAME} says; ${first.path} ${how}`,
    { advice: (await repairAdvice({ name, folder })) ?? 'Fetch the model again where it came from.' },
  );
}

/** An accelerator's one file, by its header; a damaged one is for its hash to tell. */
async function summariseFile(folder: string, path: string) {
  const { size } = await stat(join(folder, path)).catch(() => ({ size: 0 }));
  const file = await openSafetensors(join(folder, path)).catch(() => undefined);
  return { name: basename(folder), sizeBytes: size, parameters: file?.tensors.size ?? 0 };
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

/**
 * @returns facts that follow from the configs
 * @throws LikenessError `checkpoint-*` for the first setting that no graph knows
 */
export async function requireConfigsOf(folder: string, name: string): Promise<ModelFacts> {
  const { format, ...read } = await readFolderConfigs(folder, FORMATS);
  const configs = configsOf(read);
  const family = familyOf({ family: format.id });
  const config = family.parse(configs, name);
  family.noiseProcess(configs.scheduler);
  return family.facts(config);
}
