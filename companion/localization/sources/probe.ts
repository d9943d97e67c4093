/**
 * Localized sampling by probes: each residual times a mask that the caller makes, and beside the prediction what the
 * concepts' probes say of the features. Still one model evaluation a step.
 */

import { ObjectLogits, probedFeatures } from '../../adapters/object-probe.ts';
import type { Graph } from '../../graph/graph.ts';
import { concat, slice } from '../../graph/ops.ts';
import type { Value } from '../../graph/value.ts';
import type { ProjOutSite } from '../../models/layers/spatial-transformer.ts';
import type { Localization, LocalizedOptions } from '../localization.ts';
import { gateInput, withLocalizedResiduals } from '../localized-residuals.ts';

/** Names of the outputs that this adds to the graph; the probes' inputs are object-probe.ts's. */
export const probedNames = {
  /** Output [concepts, 1, h, w] at the latents' resolution, of the conditional sample. */
  logits: 'object_logits',
} as const;

export function attachByProbe(graph: Graph, { guided, height, ranks }: LocalizedOptions): Localization {
  const probed = ranks.map((_, concept) => new ObjectLogits(graph, concept));
  const adapt = (site: ProjOutSite): Value => {
    const features = probedFeatures(site);
    for (const logits of probed) logits.observe(site, features);
    return withLocalizedResiduals(graph, site, ranks, (concept) => gateInput(graph, concept, site));
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
