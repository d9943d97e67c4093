/** What tells where the object is while a picture is made. */

import type { MaskMode } from '../../shared/protocol/requests.ts';
import type { ObjectProbe } from '../adapters/object-probe.ts';

/**
 * `median`: in each block its own cross-attention, in the same pass. The others look back on the steps before:
 * `attention` on the blocks' cross-attention to the concept's words, `probe` on what the concept's own probe says.
 */
export type Evidence = 'median' | 'attention' | 'probe';

/** The paper's mask is the paper's; everything else goes by probes where all concepts have one. */
export function evidenceFor(mode: MaskMode, probes: readonly (ObjectProbe | undefined)[]): Evidence {
  if (mode === 'median') return 'median';
  const probed = probes.length > 0 && probes.every((probe) => probe !== undefined);
  return probed ? 'probe' : 'attention';
}
