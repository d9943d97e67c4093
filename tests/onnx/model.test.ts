import { expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import { add } from '../../companion/graph/ops/index.ts';
import { encodeModel } from '../../companion/onnx/model.ts';
import { float32 } from '../../companion/tensor/tensor.ts';

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
    'weight:bias has 8 bytes, [3] takes 12',
  );
  expect(() => encodeModel(biased(), () => float32([1, 2], [2]))).toThrow(
    'weight:bias is float32 [2], must be float32 [3]',
  );
});
