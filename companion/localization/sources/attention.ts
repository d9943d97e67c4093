/**
 * Localized sampling by attention: each residual times a mask that the caller makes, and beside the prediction what the
 * blocks' cross-attention says of where the concepts are.
 */

import type { Graph } from '../../graph/graph.ts';
import type { Value } from '../../graph/value.ts';
import type { Localization, LocalizedOptions } from '../localization.ts';
import { gateInput, withLocalizedResiduals } from '../localized-residuals.ts';
import { attentionColumns, scoresOutput } from './attention-scores.ts';

export function attachByAttention(graph: Graph, options: LocalizedOptions): Localization {
  const blocks: Value[] = [];
  return {
    adapter: {
      attentionColumns: attentionColumns(graph, options),
      adapt: (site) => {
        blocks.push(site.attention!);
        return withLocalizedResiduals(graph, site, options.ranks, (concept) =>
          gateInput(graph, concept, site),
        );
      },
    },
    outputs: () => scoresOutput(blocks),
  };
}
