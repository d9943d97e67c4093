import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { openSafetensors, readFloat32 } from '../../companion/checkpoint/safetensors-file.ts';
import { float32, type Tensor } from '../../companion/checkpoint/tensor.ts';
import {
  buildAttributes,
  buildEmbedding,
  buildSegmenter,
  type ClassifierLayers,
} from '../../companion/evaluation/judge-networks.ts';
import { Graph } from '../../companion/graph/graph.ts';
import { openSession } from '../../companion/runtime/session.ts';

const evaluators = fileURLToPath(new URL('../../models/evaluators/', import.meta.url));
const LAYERS: ClassifierLayers = [
  [24, 2],
  [48, 2],
  [64, 1],
  [96, 2],
  [128, 1],
];

async function tensorsIn(file: string): Promise<Map<string, Tensor<'float32'>>> {
  const { tensors } = await openSafetensors(evaluators + file);
  const read = [...tensors].map(async ([name, entry]) => [name, await readFloat32(entry)] as const);
  return new Map(await Promise.all(read));
}

/** Runs the network on the two golden pictures, one after the other. */
async function run(name: string, build: (graph: Graph) => void): Promise<Record<string, Float32Array>[]> {
  const weights = await tensorsIn(`${name}/weights.safetensors`);
  const { data } = (await tensorsIn(`${name}/golden.safetensors`)).get('images')!;
  const graph = new Graph(name);
  build(graph);
  const session = await openSession(graph, (parameter) => weights.get(parameter)!, { threads: 1 });
  const results: Record<string, Float32Array>[] = [];
  for (const index of [0, 1]) {
    const picture = float32(data.slice(index * 3 * 64 * 64, (index + 1) * 3 * 64 * 64), [1, 3, 64, 64]);
    const outputs = Object.entries(await session.run({ picture }));
    results.push(Object.fromEntries(outputs.map(([key, value]) => [key, value.data as Float32Array])));
  }
  await session.release();
  return results;
}

function largestError(got: Float32Array, expected: Float32Array): number {
  return got.reduce((error, value, index) => Math.max(error, Math.abs(value - expected[index]!)), 0);
}

describe('the judges give what PyTorch gave', () => {
  it('attributes', async () => {
    const golden = await tensorsIn('attributes/golden.safetensors');
    const results = await run('attributes', (graph) => {
      const embedding = buildEmbedding(graph, LAYERS, graph.input('picture', [1, 3, 64, 64]));
      graph.output('embedding', embedding);
      graph.output('logits', buildAttributes(graph, embedding, 44));
    });
    for (const [index, { embedding, logits }] of results.entries()) {
      const part = (name: string, size: number) =>
        golden.get(name)!.data.slice(index * size, (index + 1) * size);
      expect(largestError(embedding!, part('embedding', 256))).toBeLessThan(1e-4);
      expect(largestError(logits!, part('logits', 44))).toBeLessThan(2e-4);
    }
  });

  it('segmenter', async () => {
    const golden = (await tensorsIn('segmenter/golden.safetensors')).get('logits')!.data;
    const results = await run('segmenter', (graph) => {
      graph.output('object', buildSegmenter(graph, graph.input('picture', [1, 3, 64, 64])));
    });
    for (const [index, { object }] of results.entries()) {
      const logits = golden.slice(index * 64 * 64, (index + 1) * 64 * 64);
      const expected = logits.map((logit) => 1 / (1 + Math.exp(-logit)));
      expect(largestError(object!, expected)).toBeLessThan(1e-4);
    }
  });
});
