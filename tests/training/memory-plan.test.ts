import { expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { conv2d, linear, reshape } from '../../companion/graph/ops/index.ts';
import { planMemory } from '../../companion/training/memory-plan.ts';

/** A model of two arrays of one size: linear layers, and a convolution or one more linear layer. */
function model(kind: 'convolution' | 'linear'): Graph {
  const graph = new Graph('model');
  const x = graph.input('x', [1, 96, 3, 3]);
  if (kind === 'convolution')
    graph.output('y', conv2d(x, graph.parameter('w', [960, 96, 3, 3]), undefined, {}));
  else graph.output('y', linear(reshape(x, [1, 864]), graph.parameter('w', [960, 864])));
  return graph;
}

it('plans a second copy of the kernels of convolutions, which are flipped, and of no other weight', () => {
  const bytes = 4 * 960 * 864;
  const needs = (kind: 'convolution' | 'linear') => planMemory(1, 1e12, () => model(kind)).estimatedBytes;
  expect(needs('convolution') / bytes).toBeGreaterThan(2.1);
  expect(needs('linear') / bytes).toBeLessThan(1.3);
});
