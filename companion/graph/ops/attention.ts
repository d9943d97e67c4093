import type { Value } from '../value.ts';
import { applyAll } from './apply.ts';

export interface Attention {
  /** [B, heads, N, e] */
  readonly output: Value;
  /** [B, heads, N, M]; each row sums to 1. Costs memory only if something reads it. */
  readonly probabilities: Value;
}

/**
 * softmax(scale * q k^T) v, for q [B, heads, N, d], k [B, heads, M, d], v [B, heads, M, e].
 * When nothing reads the probabilities (no attention map, no gradient) the fused kernel may run.
 */
export function attention(q: Value, k: Value, v: Value, scale: number): Attention {
  const [output, probabilities] = applyAll('Attention', [q, k, v], { scale: { float: scale } });
  return { output: output!, probabilities: probabilities! };
}
