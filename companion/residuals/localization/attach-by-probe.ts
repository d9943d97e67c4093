/**
 * Localized sampling by probes: the same residuals as in attach-by-attention.ts, each times a mask that the caller
 * makes, and beside the prediction what the concepts' probes say of the features. Still one model evaluation a step.
 */

import type { Graph } from '../../graph/graph.ts';
import { concat, slice } from '../../graph/ops.ts';
import type { Value } from '../../graph/value.ts';
import type { ProjOutSite } from '../../models/unet/spatial-transformer.ts';
import { factorInputs, withResidual } from '../attach.ts';
import { ObjectLogits, probedFeatures } from '../object-probe.ts';
import type { Localization, LocalizedOptions } from './localization.ts';

/** Names of the inputs and outputs that this adds to the graph; the probes' own are object-probe.ts's. */
export const probedNames = {
  /** [B, hw, 1]: mask times strength; one input a resolution. */
  gate: (concept: number, height: number, width: number) => `concept.${concept}.gate.${height}x${width}`,
  /** Output [concepts, 1, h, w] at the latents' resolution, of the conditional sample. */
  logits: 'object_logits',
} as const;

export function attachByProbe(graph: Graph, { guided, height, ranks }: LocalizedOptions): Localization {
  const probed = ranks.map((_, concept) => new ObjectLogits(graph, concept));
  const adapt = (site: ProjOutSite): Value => {
    const features = probedFeatures(site);
    for (const logits of probed) logits.observe(site, features);
    return ranks.reduce((output, rankAt, concept) => {
      const rank = rankAt(site.path);
      if (rank === undefined) return output;
      return withResidual(
        output,
        site,
        factorInputs(graph, concept, site, rank),
        gateInput(graph, concept, site),
      );
    }, site.output);
  };
  const outputs = () => {
    const logits = probed.map((concept) => {
      const all = concept.total(height); // [B, 1, h, w]
      return guided ? slice(all, 0, 1, 2) : all;
    });
    return new Map([[probedNames.logits, concat(logits, 0)]]);
  };
  return { adapter: { adapt }, outputs };
}

/** Blocks of one resolution share their input. */
function gateInput(graph: Graph, concept: number, { height, width, input }: ProjOutSite): Value {
  const name = probedNames.gate(concept, height, width);
  return graph.inputs.get(name) ?? graph.input(name, [input.shape[0]!, height * width, 1]);
}
