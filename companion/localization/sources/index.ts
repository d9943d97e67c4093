/** Mask sources by name, and the choice among them. Another one is a file beside this, and a line in MASK_SOURCES. */

import type { MaskMode } from '../../../shared/protocol/requests.ts';
import type { ObjectProbe } from '../../adapters/object-probe.ts';
import type { Graph } from '../../graph/graph.ts';
import type { Localizer, LocalizerOptions } from '../localizer.ts';
import type { Localization, LocalizedOptions } from '../mask-source.ts';
import { attentionSource } from './attention.ts';
import { medianSource } from './median.ts';
import { probeSource } from './probe.ts';

interface MaskSourceDefinition {
  /** Adds residuals, their masks, and the outputs that find the object, to a sampling graph. */
  readonly attach: (graph: Graph, options: LocalizedOptions) => Localization;
  readonly localizer: (options: LocalizerOptions) => Localizer;
}

/**
 * `median`: in each block its own cross-attention, in the same pass. The others look back on the steps before:
 * `attention` on the blocks' cross-attention to the concept's words, `probe` on the concept's own probe.
 */
export const MASK_SOURCES = {
  median: medianSource,
  attention: attentionSource,
  probe: probeSource,
} as const satisfies Readonly<Record<string, MaskSourceDefinition>>;

export type MaskSource = keyof typeof MASK_SOURCES;

/** The paper's mask is the paper's; everything else goes by probes where all concepts have one. */
export function chooseMaskSource(mode: MaskMode, probes: readonly (ObjectProbe | undefined)[]): MaskSource {
  if (mode === 'median') return 'median';
  const probed = probes.length > 0 && probes.every((probe) => probe !== undefined);
  return probed ? 'probe' : 'attention';
}

/** Masks of a picture's concepts from one source, from its first step to its last. */
export function createLocalizer(source: MaskSource, options: LocalizerOptions): Localizer {
  return MASK_SOURCES[source].localizer(options);
}
