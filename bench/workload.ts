/** The graphs that the product runs, each as something to time or to measure the memory of. */

import { type Ranks, rankOf } from '../companion/adapters/factors.ts';
import { attachEverywhere } from '../companion/adapters/low-rank.ts';
import { Graph } from '../companion/graph/graph.ts';
import { adapterSites } from '../companion/models/families/latent-diffusion/adapter-sites.ts';
import { decodeLatents, encodePicture } from '../companion/models/layers/autoencoder.ts';
import { buildClipText, embedTokens } from '../companion/models/layers/clip-text.ts';
import { Scope } from '../companion/models/layers/scope.ts';
import { buildUnet } from '../companion/models/layers/unet.ts';
import { type Checkpointing, trainingGraph } from '../companion/training/training-graph.ts';
import type { BenchModel } from './bench-model.ts';
import { sd15With } from './sd15.ts';

const WORKLOADS = ['text', 'forward', 'training', 'teaching', 'encode', 'decode'] as const;
export type WorkloadName = (typeof WORKLOADS)[number];

export const workloadTitles: Readonly<Record<WorkloadName, string>> = {
  text: 'text encoder',
  forward: 'UNet forward',
  training: 'training step',
  teaching: 'training step, token embedding and probe too',
  encode: 'VAE encode',
  decode: 'VAE decode',
};

/** Workloads that this model can run: a lone UNet has no text encoder and no VAE. */
export function workloadsOf(model: BenchModel): readonly WorkloadName[] {
  return WORKLOADS.filter((name) => {
    if (name === 'text' || name === 'encode' || name === 'decode') return !model.isUnetAlone;
    if (name === 'teaching') return model.teaching.trainTokenEmbedding;
    return true;
  });
}

/** Only the UNet's workloads come in batches; the others run one by one in the product too. */
export function buildWorkload(
  name: WorkloadName,
  model: BenchModel,
  batch: number,
  checkpointing: Checkpointing = 'none',
): Graph {
  const side = model.latentCells;
  if (name === 'forward') return unetForward(model, batch, { residuals: false });
  if (name === 'training' || name === 'teaching') {
    return trainingGraph({
      ...sd15With(model.config),
      ...(name === 'teaching' ? { tokenEmbedding: true, probe: true } : {}),
      batch,
      height: side,
      width: side,
      ranks: ranks(model),
      checkpointing,
    }).build();
  }
  const graph = new Graph(name);
  const { text, vae } = model.config;
  if (name === 'text') {
    const scope = new Scope(graph, 'text_encoder');
    const ids = graph.input('input_ids', [1, model.tokens], 'int64');
    graph.output('states', buildClipText(scope, text, embedTokens(scope, text, ids)));
  } else if (name === 'encode') {
    const pixels = side * model.downscale;
    const picture = graph.input('picture', [1, 3, pixels, pixels]);
    graph.output('mean', encodePicture(new Scope(graph, 'vae'), vae, picture).mean);
  } else {
    const latents = graph.input('latents', [1, vae.latentChannels, side, side]);
    graph.output('picture', decodeLatents(new Scope(graph, 'vae'), vae, latents));
  }
  return graph;
}

/** The UNet alone, or with plain residuals on every output projection, without masks. */
export function unetForward(
  model: BenchModel,
  batch: number,
  { residuals }: { readonly residuals: boolean },
): Graph {
  const graph = new Graph('forward');
  const { tokens, latentCells } = model;
  const { unet } = model.config;
  const rank = ranks(model);
  const inputs = {
    sample: graph.input('sample', [batch, unet.inChannels, latentCells, latentCells]),
    timestep: graph.input('timestep', [batch]),
    encoderHiddenStates: graph.input('encoder_hidden_states', [batch, tokens, unet.crossAttentionDim]),
  };
  const adapter = attachEverywhere(
    graph,
    ({ path }) => rank[path]!,
    () => {},
  );
  const attached = residuals ? { ...inputs, adapter } : inputs;
  graph.output('prediction', buildUnet(new Scope(graph, 'unet'), unet, attached));
  return graph;
}

function ranks({ config, teaching }: BenchModel): Ranks {
  return Object.fromEntries(
    adapterSites(config.unet).map(({ path, outputs }) => [path, rankOf(teaching.rank, outputs)]),
  );
}
