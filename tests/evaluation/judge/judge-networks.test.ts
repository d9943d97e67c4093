import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Graph } from '../../../companion/graph/graph.ts';
import type { Value } from '../../../companion/graph/value.ts';
import { openSession } from '../../../companion/runtime/session.ts';
import { openSafetensors, readFloat32 } from '../../../companion/tensor/safetensors-file.ts';
import { float32, type Tensor } from '../../../companion/tensor/tensor.ts';
import {
  buildAttributes,
  buildEmbedding,
  buildSegmenter,
  type ClassifierLayers,
} from '../../../evaluation/judge/judge-networks.ts';

const evaluators = fileURLToPath(new URL('../../../models/evaluators/', import.meta.url));
const config = JSON.parse(readFileSync(`${evaluators}attributes/config.json`, 'utf8')) as {
  readonly layers: readonly { readonly outputs: number; readonly stride: 1 | 2 }[];
};
const LAYERS: ClassifierLayers = config.layers.map(({ outputs, stride }) => [outputs, stride]);

type Tensors = ReadonlyMap<string, Tensor<'float32'>>;

async function tensorsIn(file: string): Promise<Tensors> {
  const { tensors } = await openSafetensors(evaluators + file);
  const read = [...tensors].map(async ([name, entry]) => [name, await readFloat32(entry)] as const);
  return new Map(await Promise.all(read));
}

/** Runs the network on the golden pictures, one after the other, and compares each with its part of a golden tensor. */
async function largestErrors(
  name: string,
  build: (graph: Graph, picture: Value, weights: Tensors) => void,
  finish: Readonly<Record<string, (value: number) => number>>,
): Promise<Record<string, number>> {
  const weights = await tensorsIn(`${name}/weights.safetensors`);
  const golden = await tensorsIn(`${name}/golden.safetensors`);
  const { data, shape } = golden.get('images')!; // [N, 3, S, S]
  const [count, ...one] = shape as [number, number, number, number];
  const graph = new Graph(name);
  build(graph, graph.input('picture', [1, ...one]), weights);
  const session = await openSession(graph, (parameter) => weights.get(parameter)!, { threads: 1 });
  const errors: Record<string, number> = {};
  for (let index = 0; index < count; index++) {
    const part = (all: Float32Array) =>
      all.subarray((index * all.length) / count, ((index + 1) * all.length) / count);
    const outputs = await session.run({ picture: float32(part(data).slice(), [1, ...one]) });
    for (const [output, transform] of Object.entries(finish)) {
      const expected = part(golden.get(output)!.data).map(transform);
      const got = outputs[output]!.data as Float32Array;
      expect(got.length).toBe(expected.length);
      const error = got.reduce(
        (most, value, at) => Math.max(most, Math.abs(value - expected[at]!)),
        errors[output] ?? 0,
      );
      errors[output] = error;
    }
  }
  await session.release();
  return errors;
}

describe('the judges give what PyTorch gave', () => {
  it('attributes', async () => {
    const same = (value: number) => value;
    const { embedding, logits } = await largestErrors(
      'attributes',
      (graph, picture, weights) => {
        const embedded = buildEmbedding(graph, LAYERS, picture);
        graph.output('embedding', embedded);
        graph.output('logits', buildAttributes(graph, embedded, weights.get('head.bias')!.shape[0]!));
      },
      { embedding: same, logits: same },
    );
    expect(embedding).toBeLessThan(1e-4);
    expect(logits).toBeLessThan(2e-4);
  });

  it('segmenter', async () => {
    const { logits } = await largestErrors(
      'segmenter',
      (graph, picture, weights) => {
        const width = (layer: string) => weights.get(`${layer}.weight`)!.shape[0]!;
        const widths = [width('down1'), width('down2'), width('down3')] as const;
        // Named as in the golden file, which has logits; the network ends in a sigmoid.
        graph.output('logits', buildSegmenter(graph, widths, picture));
      },
      { logits: (logit) => 1 / (1 + Math.exp(-logit)) },
    );
    expect(logits).toBeLessThan(1e-4);
  });
});
