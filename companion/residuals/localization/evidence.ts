/** What tells where the object is while a picture is made. */

import type { MaskMode } from '../../../shared/protocol/requests.ts';
import type { ObjectProbe } from '../object-probe.ts';

/** The blocks' cross-attention to the concept's words, or the concept's own probe. */
export type Evidence = 'attention' | 'probe';

/** The paper's mask is made of attention; everything else goes by probes where all concepts have one. */
export function evidenceFor(mode: MaskMode, probes: readonly (ObjectProbe | undefined)[]): Evidence {
  const probed = probes.length > 0 && probes.every((probe) => probe !== undefined);
  return mode !== 'median' && probed ? 'probe' : 'attention';
}
