/** The graphs that the product runs, each as something to time or to measure the memory of. */

import { type Ranks, rankOf } from '../companion/adapters/factors.ts';
import { attachEverywhere } from '../companion/adapters/low-rank.ts';
import { Graph } from '../companion/graph/graph.ts';
import { familyOf, type ModelConfig } from '../companion/models/families/registry.ts';
import type { AdapterSite } from '../companion/models/family.ts';
import {
  conditioningInputs,
  decoderGraph,
  encoderGraph,
  scopesOf,
  textGraph,
} from '../companion/models/model-graphs.ts';
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
  const square = (cells: number) => ({ ...model.model, height: cells, width: cells });
  if (name === 'forward') return unetForward(model, batch, { residuals: false });
  if (name === 'training' || name === 'teaching') {
    return trainingGraph({
      ...square(side),
      ...(name === 'teaching' ? { tokenEmbedding: true, probe: true } : {}),
      batch,
      ranks: ranks(model),
      checkpointing,
    }).build();
  }
  if (name === 'text') return textGraph(model.model).build();
  if (name === 'encode') return encoderGraph(square(side * model.downscale)).build();
  return decoderGraph({ ...square(side), decoder: 'full' }).build();
}

/** The denoiser alone, or with plain residuals on every output projection, without masks. */
export function unetForward(
  bench: BenchModel,
  batch: number,
  { residuals }: { readonly residuals: boolean },
): Graph {
  const graph = new Graph('forward');
  const { latentCells: side, model } = bench;
  const family = familyOf(model);
  const { latentChannels } = family.facts(model.config);
  const rank = ranks(bench);
  const inputs = {
    sample: graph.input('sample', [batch, latentChannels, side, side]),
    timestep: graph.input('timestep', [batch]),
    conditioning: conditioningInputs(graph, model, batch),
  };
  const adapter = attachEverywhere(
    graph,
    ({ path }) => rank[path]!,
    () => {},
  );
  const attached = residuals ? adapter : undefined;
  graph.output('prediction', family.buildDenoiser(scopesOf(graph), model.config, inputs, attached));
  return graph;
}

function ranks({ model, teaching }: BenchModel): Ranks {
  return Object.fromEntries(
    sitesOf(model).map(({ path, outputs }) => [path, rankOf(teaching.rank, outputs)]),
  );
}

export function sitesOf(model: ModelConfig): readonly AdapterSite[] {
  return familyOf(model).adapterSites(model.config);
}
