/** What a row of the conformance table says, and the numbers its inputs are filled with. */

import type { Value } from '../../../companion/graph/value.ts';
import type { Shape, Tensor } from '../../../companion/tensor/tensor.ts';
import * as ref from '../reference.ts';

type Values = readonly [Value, Value, Value, Value];
type Arrays = readonly [ref.Array32, ref.Array32, ref.Array32, ref.Array32];

export interface Row {
  readonly name: string;
  /** Float inputs; filled with fixed random numbers in -1.5 to 1.5 that keep away from kinks at 0 and 1. */
  readonly inputs: readonly Shape[];
  readonly build: (inputs: Values) => Value;
  readonly expected: (inputs: Arrays) => Tensor;
  /** Applied to the random numbers, for operators that want positive ones. */
  readonly domain?: (v: number) => number;
  /** Why the gradient is not checked. */
  readonly noGradient?: string;
  /** Largest allowed difference of the forward pass, relative to the largest element. Default 1e-5. */
  readonly tolerance?: number;
}

/** Fixed numbers in -1.5 to 1.5, at least 0.06 from 0 and from 1, where the operators have kinks. */
export function filled(shape: Shape, seed: number, domain: (v: number) => number = (v) => v): ref.Array32 {
  let state = seed * 2654435761 + 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state / 2 ** 32) * 3 - 1.5;
  };
  const farFromKinks = (v: number) => Math.abs(v) > 0.06 && Math.abs(Math.abs(v) - 1) > 0.06;
  return ref.from(shape, () => {
    let v = next();
    while (!farFromKinks(v)) v = next();
    return domain(v);
  });
}
