/** The graphs that the product runs, each as something to time or to measure the memory of. */

import { type Ranks, rankOf } from '../companion/adapters/factors.ts';
import { attachEverywhere } from '../companion/adapters/low-rank.ts';
import { Graph } from '../companion/graph/graph.ts';
import { adapterSites } from '../companion/models/families/stable-diffusion/family.ts';
import { decodeLatents, encodePicture } from '../companion/models/layers/autoencoder.ts';
import { buildClipText, embedTokens } from '../companion/models/layers/clip-text.ts';
import { Scope } from '../companion/models/layers/scope.ts';
import { buildUnet } from '../companion/models/layers/unet.ts';
import { type Checkpointing, trainingGraph } from '../companion/training/training-graph.ts';
import type { BenchModel } from './bench-model.ts';

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
    if (name === 'text') return model.text !== undefined;
    if (name === 'encode' || name === 'decode') return model.vae !== undefined;
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
      unet: model.unet,
      ...(name === 'teaching' ? { text: model.text!, probe: true } : {}),
      batch,
      height: side,
      width: side,
      tokens: model.tokens,
      ranks: ranks(model),
      checkpointing,
    }).build();
  }
  const graph = new Graph(name);
  if (name === 'text') {
    const scope = new Scope(graph, 'text_encoder');
    const ids = graph.input('input_ids', [1, model.tokens], 'int64');
    graph.output('states', buildClipText(scope, model.text!, embedTokens(scope, model.text!, ids)));
  } else if (name === 'encode') {
    const pixels = side * model.downscale;
    const picture = graph.input('picture', [1, 3, pixels, pixels]);
    graph.output('mean', encodePicture(new Scope(graph, 'vae'), model.vae!, picture).mean);
  } else {
    const latents = graph.input('latents', [1, model.vae!.latentChannels, side, side]);
    graph.output('picture', decodeLatents(new Scope(graph, 'vae'), model.vae!, latents));
  }
  return graph;
}

/** The UNet alone, or with plain residuals on every output projection, without masks. */
export function unetForward(
  { unet, tokens, latentCells, teaching }: BenchModel,
  batch: number,
  { residuals }: { readonly residuals: boolean },
): Graph {
  const graph = new Graph('forward');
  const rank = ranks({ unet, teaching });
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

function ranks({ unet, teaching }: Pick<BenchModel, 'unet' | 'teaching'>): Ranks {
  return Object.fromEntries(
    adapterSites(unet).map(({ path, channels }) => [path, rankOf(teaching.rank, channels)]),
  );
}
