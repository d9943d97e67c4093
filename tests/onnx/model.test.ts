import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { add, cast, matmul } from '../../companion/graph/ops/index.ts';
import { encodeModel } from '../../companion/onnx/model.ts';
import { openSession } from '../../companion/runtime/session.ts';
import { float32, type Tensor } from '../../companion/tensor/tensor.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

function biased(): Graph {
  const graph = new Graph('g');
  graph.output('y', add(graph.input('x', [3]), graph.parameter('bias', [3])));
  return graph;
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1');

it('writes where a weight lies, not its bytes', () => {
  const model = text(
    encodeModel(biased(), () => ({ file: 'models/a.safetensors', offset: 1234, length: 12 })),
  );
  expect(model).toContain('models/a.safetensors');
  expect(model).toContain('1234');
});

it('does not ask for a weight that nobody reads', () => {
  const graph = biased();
  graph.parameter('unread', [1000]);
  const asked: string[] = [];
  encodeModel(graph, (name) => {
    asked.push(name);
    return float32([1, 2, 3], [3]);
  });
  expect(asked).toEqual(['bias']);
});

it('refuses a weight of another size, naming both sizes', () => {
  expect(() => encodeModel(biased(), () => ({ file: 'a', offset: 0, length: 8 }))).toThrow(
    'weight:bias has 8 bytes, float32 [3] takes 12',
  );
  expect(() => encodeModel(biased(), () => float32([1, 2], [2]))).toThrow(
    'weight:bias is float32 [2], must be float32 [3]',
  );
});

/** 1, 0.5, -2 and 65504, the largest half. */
const HALVES: Tensor = {
  dtype: 'float16',
  shape: [2, 2],
  data: Uint16Array.of(0x3c00, 0x3800, 0xc000, 0x7bff),
};

function halved(): Graph {
  const graph = new Graph('g');
  const weight = cast(graph.parameter('weight', [2, 2], 'float16'), 'float32');
  graph.output('y', matmul(graph.input('x', [1, 2]), weight));
  return graph;
}

it.each([
  ['in the model', async () => HALVES],
  [
    'in a file',
    async () => {
      const file = join(await scratchFolder(), 'weights.bin');
      await writeFile(file, HALVES.data as Uint16Array);
      return { file, offset: 0, length: 8 };
    },
  ],
])('reads a weight of halves, %s', async (_, source) => {
  const weight = await source();
  const session = await openSession(halved(), () => weight, { threads: 1 });
  const { y } = await session.run({ x: float32([2, 1], [1, 2]) });
  await session.release();
  expect([...(y!.data as Float32Array)]).toEqual([0, 65505]);
});

it('refuses a weight of another type, naming both', () => {
  expect(() => encodeModel(halved(), () => float32([1, 2, 3, 4], [2, 2]))).toThrow(
    'weight:weight is float32 [2,2], must be float16 [2,2]',
  );
  expect(() => encodeModel(halved(), () => ({ file: 'a', offset: 0, length: 16 }))).toThrow(
    'weight:weight has 16 bytes, float16 [2,2] takes 8',
  );
});
