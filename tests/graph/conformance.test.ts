/** Every op: its forward pass against plain TypeScript, its gradient against finite differences. */
import { expect, test } from 'vitest';
import { gradient } from '../../companion/graph/gradient.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { lowerGraph } from '../../companion/graph/lowering.ts';
import { definedOps, type OpDefinition } from '../../companion/graph/op.ts';
import type { Value } from '../../companion/graph/value.ts';
import { openSession, type Session } from '../../companion/runtime/session.ts';
import { float32, type Tensor } from '../../companion/tensor/tensor.ts';
import { filled, type Row } from './rows/row.ts';
import { ROWS } from './rows/table.ts';
import { verifyGraph } from './verify.ts';

/** Central differences of step h err by h^2 / 6 of the third derivative, and by 1e-7 / h of rounding. */
const STEP = 0.01;
const GRADIENT_TOLERANCE = 2e-3;

const noWeights = (): never => {
  throw new Error('these graphs have no parameters');
};

type Build = Parameters<Row['build']>[0];

/** The row's graph. */
function buildRow(row: Row): { graph: Graph; inputs: readonly Value[]; y: Value } {
  const graph = new Graph(row.name);
  const inputs = row.inputs.map((shape, index) => graph.input(`x${index}`, shape));
  const y = row.build(inputs as unknown as Build);
  graph.output('y', y);
  return { graph, inputs, y };
}

/** With the gradient of sum(seed * y) by every input. */
function buildGradientRow(row: Row): Graph {
  const { graph, inputs, y } = buildRow(row);
  const seed = graph.input('seed', y.shape);
  for (const [index, by] of gradient([{ output: y, seed }], inputs).entries()) graph.output(`d${index}`, by);
  return graph;
}

function feedsOf(row: Row): Record<string, Tensor> {
  return Object.fromEntries(
    row.inputs.map((shape, index) => [`x${index}`, filled(shape, index + 1, row.domain)]),
  );
}

/** The largest difference, relative to the largest element (or to 0.1, when all are smaller). */
function difference(got: Tensor, wanted: Tensor): number {
  expect(got.shape).toEqual(wanted.shape);
  let largest = 0.1;
  let worst = 0;
  for (let i = 0; i < wanted.data.length; i++) {
    largest = Math.max(largest, Math.abs(Number(wanted.data[i])));
    worst = Math.max(worst, Math.abs(Number(got.data[i]) - Number(wanted.data[i])));
  }
  return worst / largest;
}

test.each(ROWS)('$name: forward', async (row) => {
  const { graph } = buildRow(row);
  verifyGraph(graph);
  verifyGraph(lowerGraph(graph));
  const session = await openSession(graph, noWeights, { threads: 1 });
  const feeds = feedsOf(row);
  const { y } = await session.run(feeds);
  const inputs = Object.values(feeds) as unknown as Parameters<Row['expected']>[0];
  expect(difference(y!, row.expected(inputs))).toBeLessThan(row.tolerance ?? 1e-5);
  await session.release();
});

async function finiteDifference(
  session: Session,
  feeds: Record<string, Tensor>,
  name: string,
): Promise<Tensor> {
  const x = feeds[name]!.data as Float32Array;
  const seed = feeds.seed!.data as Float32Array;
  const along = async (place: number, step: number): Promise<number> => {
    const moved = x.slice();
    moved[place]! += step;
    const { y } = await session.run({ ...feeds, [name]: float32(moved, feeds[name]!.shape) });
    return (y!.data as Float32Array).reduce((total, value, i) => total + value * seed[i]!, 0);
  };
  const slopes = new Float32Array(x.length);
  for (const place of x.keys()) {
    slopes[place] = ((await along(place, STEP)) - (await along(place, -STEP))) / (2 * STEP);
  }
  return float32(slopes, feeds[name]!.shape);
}

const differentiable = ROWS.filter((row) => row.noGradient === undefined);

test.each(differentiable)('$name: gradient', async (row) => {
  const graph = buildGradientRow(row);
  verifyGraph(graph);
  const session = await openSession(graph, noWeights, { threads: 1 });
  const feeds = { ...feedsOf(row), seed: filled(graph.inputs.get('seed')!.shape, 99) };
  const results = await session.run(feeds);
  for (const index of row.inputs.keys()) {
    const expected = await finiteDifference(session, feeds, `x${index}`);
    expect(difference(results[`d${index}`]!, expected)).toBeLessThan(GRADIENT_TOLERANCE);
  }
  await session.release();
});

function opsOf(rows: readonly Row[]): ReadonlySet<OpDefinition> {
  const ops = new Set<OpDefinition>();
  for (const row of rows) {
    const { graph } = buildRow(row);
    for (const { nodes } of [graph, lowerGraph(graph)]) for (const { op } of nodes) ops.add(op);
  }
  return ops;
}

const namesOf = (ops: readonly OpDefinition[]): string[] => ops.map(({ name }) => name).sort();

test('every op has a row', () => {
  const covered = opsOf(ROWS);
  expect(namesOf(definedOps.filter((op) => !covered.has(op)))).toEqual([]);
});

test('every op with a gradient has a row whose gradient is checked', () => {
  const covered = opsOf(differentiable);
  expect(namesOf(definedOps.filter((op) => op.gradient && !covered.has(op)))).toEqual([]);
});

test('every op of our own is replaced by lowering, and no other', () => {
  const composites = definedOps.filter(({ domain }) => domain === 'likeness');
  expect(namesOf(definedOps.filter(({ lower }) => lower))).toEqual(namesOf(composites));
});

test('every op without a gradient is one that is meant to have none', () => {
  expect(namesOf(definedOps.filter(({ gradient }) => gradient === undefined))).toEqual([
    'ConvTranspose', // emitted by gradients only
    'Equal', // bool
    'FlippedKernel', // emitted by gradients only
    'FusedMatMul', // made by lowering
    'Gemm', // made by lowering
    'Greater',
    'GreaterOrEqual',
    'HardSigmoid', // emitted by gradients only
    'LayerNormalization', // made by lowering
    'Less',
    'MatMul', // made by lowering
    'MultiHeadAttention', // made by lowering
    'ScatterElements', // emitted by gradients only
    'TopK', // not smooth in which elements it takes
  ]);
});
