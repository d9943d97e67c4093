/** Something to feed a graph with, where only speed and memory count. */

import type { Graph } from '../companion/graph/graph.ts';
import type { Session } from '../companion/runtime/session.ts';
import { elementCount, float32, int64, type Tensor } from '../companion/tensor/tensor.ts';
import { uniformNoise } from './random-weights.ts';

/** Small noise for float32 inputs, zeros for int64 (a token that every vocabulary has). */
export function noiseFeeds(graph: Graph): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = {};
  for (const [name, { dtype, shape }] of graph.inputs) {
    const count = elementCount(shape);
    if (dtype === 'int64') feeds[name] = int64(new Array<number>(count).fill(0), shape);
    else
      feeds[name] = float32(
        uniformNoise(count).map((value) => value / 10),
        shape,
      );
  }
  return feeds;
}

/** For its duration, not its outputs. */
export async function runOnce(session: Session, feeds: Readonly<Record<string, Tensor>>): Promise<undefined> {
  await session.run(feeds);
}
