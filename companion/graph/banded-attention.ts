/** attentionByRows: attention of many tokens a part of the queries at a time: their rows of probabilities are independent. */

import { elementCount } from '../tensor/tensor.ts';
import { concat, slice } from './ops/index.ts';
import type { Node, Value } from './value.ts';

/** Undefined where the probabilities are small. Nothing may read them. @param inputs q, k and v, whole */
export function attentionByRows(
  { op, attributes, outputs }: Node,
  [q, k, v]: readonly Value[],
  { bands, leastElements }: { readonly bands: number; readonly leastElements: number },
): Value | undefined {
  const [, probabilities] = outputs;
  if (elementCount(probabilities!.shape) < leastElements) return undefined;
  const rows = q!.shape[2]!;
  const size = Math.ceil(rows / bands);
  const parts: Value[] = [];
  for (let start = 0; start < rows; start += size) {
    const some = slice(q!, 2, start, Math.min(rows, start + size));
    parts.push(some.graph.apply(op, [some, k!, v!], attributes)[0]!);
  }
  return concat(parts, 2);
}
