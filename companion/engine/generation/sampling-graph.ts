/** One denoising step as a graph: the denoiser with the residuals of the prompt's concepts, localized. */

import type { Ranks } from '../../adapters/factors.ts';
import { Graph, type GraphSpec, graphSpec } from '../../graph/graph.ts';
import { samplesOf } from '../../localization/mask-source.ts';
import { MASK_SOURCES, type MaskSource } from '../../localization/sources/index.ts';
import { familyOf, type ModelConfig } from '../../models/families/registry.ts';
import { conditioningInputs, latentInputs, scopesOf } from '../../models/model-graphs.ts';

export interface SamplingShape extends ModelConfig {
  /** With guidance the batch is [unconditional, conditional]. */
  readonly guided: boolean;
  /** Pictures in a run; with guidance the unconditional samples of all come first. Default 1. */
  readonly pictures?: number;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
  /** One entry a concept; none gives the base model alone. */
  readonly concepts: readonly Ranks[];
  /** Source of the masks that say where they are. Default: attention. */
  readonly maskSource?: MaskSource;
  /** True where concepts act in parts of the picture alone. Default false. */
  readonly hasRegions?: boolean;
}

/**
 * Inputs `sample` [B, C, h, w] and those of latentInputs, `timestep` [B], the family's conditioning and those of the module that attaches
 * the residuals (localization/sources); outputs `prediction` [B, C, h, w] and what tells where the object is.
 *
 * Concepts of the same ranks share a session, and without any there is nothing to find: one graph for all mask sources.
 */
export function samplingGraph(shape: SamplingShape): GraphSpec {
  const { maskSource = 'attention', hasRegions, pictures = 1, ...one } = shape;
  const plain = { ...one, ...(pictures > 1 && { pictures }) };
  return graphSpec(
    'sampling',
    plain.concepts.length === 0
      ? plain
      : // The paper's masks alone are made inside of the graph, and need to be told of regions there.
        { ...plain, maskSource, ...(hasRegions && maskSource === 'median' && { hasRegions }) },
    buildSamplingGraph,
  );
}

function buildSamplingGraph(shape: SamplingShape): Graph {
  const { guided, pictures = 1, height, width, concepts, maskSource = 'attention', hasRegions } = shape;
  const batch = samplesOf({ guided, pictures });
  const family = familyOf(shape);
  const { tokens } = family.facts(shape.config);
  const graph = new Graph('sampling', shape.precision);
  const inputs = {
    sample: latentInputs(graph, shape, { batch, height, width }),
    timestep: graph.input('timestep', [batch]),
    conditioning: conditioningInputs(graph, shape, batch),
  };
  const ranks = concepts.map((concept) => (path: string) => concept[path]);
  const scopes = scopesOf(graph);
  if (concepts.length === 0) {
    graph.output('prediction', family.buildDenoiser(scopes, shape.config, inputs));
    return graph;
  }
  const { adapter, outputs } = MASK_SOURCES[maskSource].attach(graph, {
    guided,
    pictures,
    height,
    tokens,
    ranks,
    hasRegions,
  });
  graph.output('prediction', family.buildDenoiser(scopes, shape.config, inputs, adapter));
  for (const [name, value] of outputs()) graph.output(name, value);
  return graph;
}
