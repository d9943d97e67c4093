import { expect, it } from 'vitest';
import { Graph, graphSpec } from '../../companion/graph/graph.ts';

interface Shape {
  readonly width: number;
  readonly ranks: Readonly<Record<string, number>>;
  readonly masked?: boolean | undefined;
}

const spec = (shape: Shape, kind = 'plain') =>
  graphSpec(kind, shape, ({ width }) => {
    const graph = new Graph('plain');
    graph.output('y', graph.input('x', [width]));
    return graph;
  });

it('has one key for one shape, in whatever order it is written', () => {
  const { key } = spec({ width: 2, ranks: { a: 1, b: 2 } });
  expect(spec({ ranks: { b: 2, a: 1 }, width: 2 }).key).toBe(key);
  expect(spec({ width: 2, ranks: { a: 1, b: 2 }, masked: undefined }).key).toBe(key);
});

it('has another key for every other kind and option', () => {
  const shape = { width: 2, ranks: { a: 1 } };
  const others = [
    { ...shape, width: 3 },
    { ...shape, ranks: { a: 2 } },
    { ...shape, masked: true },
  ];
  const keys = [spec(shape), spec(shape, 'other'), ...others.map((other) => spec(other))].map(
    ({ key }) => key,
  );
  expect(new Set(keys).size).toBe(keys.length);
});

it('builds from what the key says, though the shape was changed since', () => {
  const shape = { width: 2, ranks: {} };
  const made = spec(shape);
  shape.width = 5;
  expect(made.build().inputs.get('x')!.shape).toEqual([2]);
});
