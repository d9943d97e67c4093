import { describe, expect, it } from 'vitest';
import { Graph } from '../../companion/graph/graph.ts';
import * as ops from '../../companion/graph/ops/index.ts';
import type { Value } from '../../companion/graph/value.ts';
import { float32, int64 } from '../../companion/tensor/tensor.ts';

describe('a graph', () => {
  it('gives the same value for a parameter asked for twice', () => {
    const graph = new Graph('g');
    expect(graph.parameter('unet.w', [2, 3])).toBe(graph.parameter('unet.w', [2, 3]));
  });

  it('refuses a parameter asked for in two shapes, naming both', () => {
    const graph = new Graph('g');
    graph.parameter('unet.w', [2, 3]);
    expect(() => graph.parameter('unet.w', [3, 2])).toThrow(
      'unet.w is used as float32 [3,2] and as float32 [2,3]',
    );
    expect(() => graph.parameter('unet.w', [2, 3], 'float16')).toThrow(
      'as float16 [2,3] and as float32 [2,3]',
    );
  });

  it('keeps equal constants once, and unequal ones apart', () => {
    const graph = new Graph('g');
    const two = graph.scalar(2);
    expect(graph.scalar(2)).toBe(two);
    expect(graph.scalar(-2)).not.toBe(two);
    expect(graph.constant(float32([2], [1]))).not.toBe(two);
    expect(graph.constant(int64([2]))).not.toBe(graph.constant(int64([2], [])));
  });

  it('refuses a value of another graph', () => {
    const [a, b] = [new Graph('a'), new Graph('b')];
    expect(() => ops.add(a.input('x', [1]), b.input('y', [1]))).toThrow('y belongs to another graph');
  });

  it('refuses two inputs of one name, and an input called as a parameter', () => {
    const graph = new Graph('g');
    graph.input('x', [1]);
    expect(() => graph.input('x', [1])).toThrow('called x');
    expect(() => graph.parameter('x', [1])).toThrow('x is an input and a parameter');
  });

  it('refuses a shape that is none', () => {
    expect(() => new Graph('g').input('x', [2, -1])).toThrow('[2,-1] is not a shape');
    expect(() => new Graph('g').input('x', [1.5])).toThrow('[1.5] is not a shape');
  });
});

/** Each mistake with what its error must say. */
const MISTAKES: readonly (readonly [string, (at: (...shape: number[]) => Value) => unknown, string])[] = [
  ['broadcast', (at) => ops.add(at(2, 3), at(4)), '[2,3] and [4] do not broadcast: 3 against 4'],
  ['matmul', (at) => ops.matmul(at(2, 3), at(4, 5)), 'columns 3 of [2,3] must match rows 4 of [4,5]'],
  ['matmul of a vector', (at) => ops.matmul(at(3), at(3, 5)), '[3] and [3,5] must have at least 2 axes'],
  [
    'matmul, transposed',
    (at) => ops.matmul(at(2, 3), at(3, 4), { transposeB: true }),
    'columns 3 of [2,3] must match rows 4 of [3,4] transposed',
  ],
  ['matmul, sum', (at) => ops.matmul(at(2, 3), at(3, 4), { add: at(3) }), '[3] and [2,4] do not broadcast'],
  ['linear', (at) => ops.linear(at(2, 3), at(5, 4)), 'input features 3 must match weight [5,4]'],
  [
    'conv2d channels',
    (at) => ops.conv2d(at(1, 320, 8, 8), at(8, 4, 3, 3)),
    'conv2d: input channels 320 must match weight channels 4 x groups 1',
  ],
  [
    'conv2d kernel',
    (at) => ops.conv2d(at(1, 1, 2, 2), at(1, 1, 3, 3)),
    'kernel 3x3 is larger than the padded input 2x2',
  ],
  ['conv2d bias', (at) => ops.conv2d(at(1, 1, 3, 3), at(2, 1, 3, 3), at(3)), 'has shape [3], must have [2]'],
  ['reshape', (at) => ops.reshape(at(2, 3), [4]), '[2,3] has 6 elements, [4] has 4'],
  ['reshape, open', (at) => ops.reshape(at(2, 3), [4, -1]), '[2,3] does not divide into [4,-1]'],
  ['transpose', (at) => ops.transpose(at(2, 3), [0, 0]), '[0,0] does not permute the 2 axes of [2,3]'],
  ['concat', (at) => ops.concat([at(2, 3), at(3, 3)], 1), '[3,3] does not join float32 [2,3] on axis 1'],
  ['split', (at) => ops.split(at(5), 2, 0), 'axis 0 of [5] does not divide into 2 parts'],
  ['split sizes', (at) => ops.split(at(5), [2, 2], 0), 'parts [2,2] sum to 4, axis 0 of [5] has 5'],
  ['slice', (at) => ops.slice(at(5), 0, 3, 7), '3 to 7 does not lie in axis 0 of [5]'],
  ['axis', (at) => ops.softmax(at(2, 3), 2), 'axis 2 does not exist in 2 axes'],
  ['gather', (at) => ops.gather(at(2, 3), at(2)), 'indices are float32, must be int64'],
  ['topK', (at) => ops.topK(at(4), 5), 'k 5 must be 1 to 4 on axis 0'],
  ['where', (at) => ops.where(at(2), at(2), at(2)), 'the condition is float32, must be bool'],
  [
    'groupNorm',
    (at) => ops.groupNorm(at(1, 6, 2), at(6), at(6), 4, 1e-5),
    'channels 6 do not divide by groups 4',
  ],
  [
    'attention',
    (at) => ops.attention(at(1, 2, 4, 8), at(1, 2, 5, 7), at(1, 2, 5, 8), 1),
    'operand 1 has shape [1,2,5,7], must have [1,2,5,8]',
  ],
];

it.each(MISTAKES)('a mistake in %s is reported with both numbers', (_, mistake, message) => {
  const graph = new Graph('g');
  let count = 0;
  expect(() => mistake((...shape) => graph.input(`x${count++}`, shape))).toThrow(message);
});
