/**
 * Verification of a base model: every parameter that its graphs need is there in its shape, and every file is what the
 * manifest says. Configs alone can be checked before gigabytes of weights are fetched.
 */

import { basename, join, relative } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { hashFile, MANIFEST_NAME, verifyCheckpoint } from '../checkpoint/checkpoint-hash.ts';
import { requireParameters } from '../checkpoint/weight-store.ts';
import { noiseProcessOf } from '../diffusion/scheduler-config.ts';
import { Graph, type GraphSpec, graphSpec } from '../graph/graph.ts';
import { decodeLatents, encodePicture } from '../models/layers/autoencoder.ts';
import { parseVaeConfig } from '../models/layers/autoencoder-config.ts';
import { buildClipText, embedTokens, parseClipTextConfig } from '../models/layers/clip-text.ts';
import { Scope, splitParameterName } from '../models/layers/scope.ts';
import { buildUnet } from '../models/layers/unet.ts';
import { parseUnetConfig } from '../models/layers/unet-config.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { readJsonObject } from '../storage/json-file.ts';
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

/** @throws LikenessError `checkpoint-*`, after the event `verified` where files are not what the manifest says */
export async function* verifyModel(folder: string, cacheFolder: string): AsyncGenerator<VerifyEvent, void> {
  const { name, sizeBytes } = await summariseModel(folder);
  const parameters = await requireParametersOf(folder, cacheFolder);
  yield { type: 'parameters', name, parameters, sizeBytes };
  const files: CheckedFile[] = [];
  for await (const file of checkFiles(folder)) {
    files.push(file);
    yield { type: 'file', ...file };
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
  const { unet, textEncoder, vae } = await openCheckpoint(folder);
  // All three may lie in one file. Stores give files with symlinks resolved; relative to the model, they stand as they
  // were found.
  for (const file of new Set([unet, textEncoder, vae].flatMap(({ weights }) => weights.files))) {
    yield { path: relative(folder, file) || basename(file), sha256: await hashFile(file), state: 'unlisted' };
  }
}

/**
 * Builds every graph of the model and holds the weights to them; none is read.
 * @returns the number of parameters that the graphs need
 * @throws LikenessError `checkpoint-*` for the first thing that is missing or does not fit
 */
export async function requireParametersOf(folder: string, cacheFolder: string): Promise<number> {
  const pipeline = await Pipeline.open(folder, { cacheFolder });
  const { name, unet, textEncoder, vae } = pipeline.checkpoint;
  const expected = [...wholeGraph(pipeline).build().parameters].map(([parameter, { shape }]) => ({
    ...splitParameterName(parameter),
    shape,
  }));
  for (const [component, { weights }] of Object.entries({ unet, text_encoder: textEncoder, vae })) {
    const wanted = expected.filter((parameter) => parameter.component === component);
    requireParameters(weights, `${name}/${component}`, wanted);
  }
  return expected.length;
}

/**
 * All components side by side, as small as they can be: shapes of weights do not depend on the picture's size.
 *
 * @internal
 */
export function wholeGraph({ unet, text, vae, downscale }: ModelShape): GraphSpec {
  return graphSpec('whole model', { unet, text, vae, downscale }, buildWholeGraph);
}

type ModelShape = Pick<Pipeline, 'unet' | 'text' | 'vae' | 'downscale'>;

function buildWholeGraph({ unet, text, vae, downscale }: ModelShape): Graph {
  const graph = new Graph('whole model');
  const ids = graph.input('input_ids', [1, text.length], 'int64');
  const textScope = new Scope(graph, 'text_encoder');
  const encoderHiddenStates = buildClipText(textScope, text, embedTokens(textScope, text, ids));

  const side = 2 ** (unet.blockOutChannels.length - 1);
  const sample = graph.input('sample', [1, unet.inChannels, side, side]);
  const timestep = graph.input('timestep', [1]);
  buildUnet(new Scope(graph, 'unet'), unet, { sample, timestep, encoderHiddenStates });

  const vaeScope = new Scope(graph, 'vae');
  encodePicture(vaeScope, vae, graph.input('picture', [1, 3, side * downscale, side * downscale]));
  decodeLatents(vaeScope, vae, graph.input('latents', [1, vae.latentChannels, side, side]));
  return graph;
}

/** @throws LikenessError `checkpoint-*` for the first setting that no graph knows */
export async function requireConfigsOf(folder: string, name: string): Promise<void> {
  const read = (path: string) => readJsonObject(join(folder, path));
  parseUnetConfig(await read('unet/config.json'), `${name}/unet`);
  parseClipTextConfig(await read('text_encoder/config.json'), `${name}/text_encoder`);
  parseVaeConfig(await read('vae/config.json'), `${name}/vae`);
  noiseProcessOf(await read('scheduler/scheduler_config.json'));
}
