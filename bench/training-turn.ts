/** One step of teaching as a contender: gradients of a batch, then AdamW on the factors. */

import type { Graph } from '../companion/graph/graph.ts';
import type { Session } from '../companion/runtime/session.ts';
import { AdamW } from '../companion/training/adamw.ts';
import { trainingNames } from '../companion/training/training-graph.ts';
import { noiseFeeds } from './feeds.ts';

export function trainingTurn(graph: Graph, session: Session): () => Promise<undefined> {
  const feeds = noiseFeeds(graph);
  const gradientNames = [...graph.outputs.keys()].filter((name) => name !== trainingNames.loss);
  const learned = new Map(
    [...graph.inputs.keys()]
      .filter((name) => gradientNames.includes(trainingNames.gradient(name)))
      .map((name) => [name, feeds[name]!.data as Float32Array]),
  );
  const optimizer = new AdamW(learned, 0.01);
  return async () => {
    const outputs = await session.run(feeds);
    const gradients = new Map(
      [...learned.keys()].map((name) => [name, outputs[trainingNames.gradient(name)]!.data as Float32Array]),
    );
    optimizer.step(gradients, 1e-3);
  };
}
