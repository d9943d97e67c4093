/** The exact GELU, which SD 2.x text encoders use: x times the normal distribution's value at x. */

import { Graph, graphSpec } from '../../../companion/graph/graph.ts';
import { gelu as geluOf } from '../../../companion/graph/ops/index.ts';
import { float32 } from '../../../companion/tensor/tensor.ts';
import type { Check } from '../check.ts';
import { compare } from '../comparison.ts';

/** Φ(x), from a table of the normal distribution. The tanh approximation is off by up to 5e-4 here. */
const NORMAL: readonly (readonly [x: number, phi: number])[] = [
  [-3, 0.0013498980316301],
  [-1, 0.158655253931457],
  [-0.5, 0.308537538725987],
  [0, 0.5],
  [0.5, 0.691462461274013],
  [1, 0.841344746068543],
  [2, 0.977249868051821],
];

export const gelu: Check = {
  subject: 'exact GELU',
  async *run({ pipeline }) {
    const xs = NORMAL.map(([x]) => x);
    const spec = graphSpec('golden gelu', xs.length, (length) => {
      const graph = new Graph('gelu');
      graph.output('y', geluOf(graph.input('x', [length])));
      return graph;
    });
    const session = await pipeline.session(spec);
    const { y } = await session.run({ x: float32(xs, [xs.length]) });
    const expected = NORMAL.map(([x, phi]) => x * phi);
    yield compare('x Φ(x)', y!.data as Float32Array, expected, { limit: 1e-6, unit: 'absolute' });
  },
};
