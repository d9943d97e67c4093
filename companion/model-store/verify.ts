/**
 * Whether a base model's weights are all there, in the shapes that its configs ask for.
 * Whether there are graphs for a model, from its configs: asked before gigabytes of weights are fetched.
 */

import { join } from 'node:path';
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

/**
 * Builds every graph of the model and holds the weights to them; none is read.
 * @returns how many parameters the graphs need
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
