/** One denoising step as a graph: the UNet with the residuals of the prompt's concepts, localized. */

import { Graph } from '../graph/graph.ts';
import { Scope } from '../models/scope.ts';
import type { UnetConfig } from '../models/unet/config.ts';
import { buildUnet } from '../models/unet/unet.ts';
import type { Factors } from './factors.ts';
import { attachLocalized, localizedNames } from './localization/attach-localized.ts';

export interface SamplingGraphOptions {
  readonly unet: UnetConfig;
  /** With guidance the batch is [unconditional, conditional]. */
  readonly guided: boolean;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
  /** Tokens of a prompt, L. */
  readonly tokens: number;
  /** One entry a concept; none gives the base model alone. */
  readonly concepts: readonly Factors[];
}

/** Concepts of the same ranks share a session: the factors themselves are inputs. */
export function samplingGraphKey({ guided, height, width, concepts }: SamplingGraphOptions): string {
  const ranks = concepts.map((factors) =>
    [...factors].map(([path, { rank }]) => `${path}=${rank}`).join(','),
  );
  return `unet:${height}x${width}:${guided ? 'guided' : 'plain'}:${ranks.join(';')}`;
}

/**
 * Inputs `sample` [B, C, h, w], `timestep` [B], `encoder_hidden_states` [B, L, D] and those of attach-localized.ts;
 * outputs `prediction` [B, C, h, w] and the blocks' scores.
 */
export function buildSamplingGraph(options: SamplingGraphOptions): Graph {
  const { unet, guided, height, width, tokens, concepts } = options;
  const batch = guided ? 2 : 1;
  const graph = new Graph('sampling');
  const inputs = {
    sample: graph.input('sample', [batch, unet.inChannels, height, width]),
    timestep: graph.input('timestep', [batch]),
    encoderHiddenStates: graph.input('encoder_hidden_states', [batch, tokens, unet.crossAttentionDim]),
  };
  const ranks = concepts.map((factors) => (path: string) => factors.get(path)?.rank);
  const scope = new Scope(graph, 'unet');
  if (concepts.length === 0) {
    graph.output('prediction', buildUnet(scope, unet, inputs));
    return graph;
  }
  const { adapter, scores } = attachLocalized(graph, { guided, tokens, ranks });
  graph.output('prediction', buildUnet(scope, unet, { ...inputs, adapter }));
  graph.output(localizedNames.scores, scores());
  return graph;
}
