/** The decoder of latents as a graph of its own. */

import { Graph } from '../../graph/graph.ts';
import { mul } from '../../graph/ops.ts';
import { decodeLatents } from './autoencoder.ts';
import type { VaeConfig } from './autoencoder-config.ts';
import { Scope } from './scope.ts';

export function decoderGraphKey(height: number, width: number): string {
  return `vae:decode:${height}x${width}`;
}

/** Input `latents` [1, C, h, w] in the diffusion model's scale; output `picture` [1, 3, h*f, w*f], about [-1, 1]. */
export function buildDecoderGraph(vae: VaeConfig, height: number, width: number): Graph {
  const graph = new Graph('vae decoder');
  const latents = graph.input('latents', [1, vae.latentChannels, height, width]);
  const unscaled = mul(latents, 1 / vae.scalingFactor);
  graph.output('picture', decodeLatents(new Scope(graph, 'vae'), vae, unscaled));
  return graph;
}
