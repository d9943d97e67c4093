/**
 * One training step as a graph: the frozen UNet (and, where the identifier's embedding is learned too, the frozen
 * text encoder) with residuals attached, the noise-prediction loss, and its gradients by the learned inputs.
 */

import { gradient } from '../graph/gradient.ts';
import { Graph } from '../graph/graph.ts';
import { add, mul, reduceMean, sub } from '../graph/ops.ts';
import type { Value } from '../graph/value.ts';
import { Scope } from '../models/scope.ts';
import { buildClipText, embedTokens } from '../models/text/clip-text.ts';
import type { ClipTextConfig } from '../models/text/config.ts';
import type { UnetConfig } from '../models/unet/config.ts';
import { buildUnet } from '../models/unet/unet.ts';
import { factorNames } from './attach.ts';
import { attachLearned } from './attach-learned.ts';

export interface TrainingGraphOptions {
  readonly unet: UnetConfig;
  /** Given when the identifier's token embedding is learned: the text encoder becomes part of the graph. */
  readonly text?: ClipTextConfig;
  readonly batch: number;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
  /** Tokens of a prompt, L. */
  readonly tokens: number;
  readonly rankAt: (path: string) => number;
}

/** Inputs and outputs by name; the learned inputs carry their own names (attach.ts) and `gradient:<name>`. */
export const trainingNames = {
  /** Noisy latents, [B, C, h, w]. */
  sample: 'sample',
  /** [B] */
  timestep: 'timestep',
  /** What the model should predict (noise, or v), [B, C, h, w]. */
  target: 'target',
  /** Weight of each latent cell in the loss, [B, 1, h, w]; its mean should be 1. */
  lossWeight: 'loss_weight',
  /** [B, L, D]; when no token embedding is learned. */
  encoderHiddenStates: 'encoder_hidden_states',
  /** [B, L] int64; when the token embedding is learned. */
  inputIds: 'input_ids',
  /** [B, L, 1]: 1 where the identifier stands, else 0. */
  identifierPositions: 'identifier_positions',
  /** [1, 1, D]: learned. */
  tokenEmbedding: 'token_embedding',
  loss: 'loss',
  gradient: (input: string) => `gradient:${input}`,
} as const;

/** loss = mean(weight * (prediction - target)^2), over batch, channels and cells. */
export function buildTrainingGraph(options: TrainingGraphOptions): Graph {
  const { unet, batch, height, width } = options;
  const graph = new Graph('training');
  const sample = graph.input(trainingNames.sample, [batch, unet.inChannels, height, width]);
  const timestep = graph.input(trainingNames.timestep, [batch]);
  const target = graph.input(trainingNames.target, [batch, unet.outChannels, height, width]);
  const weight = graph.input(trainingNames.lossWeight, [batch, 1, height, width]);
  const learned = new Map<string, Value>();

  const encoderHiddenStates = textStates(graph, options, learned);
  const adapter = attachLearned(
    graph,
    (site) => options.rankAt(site.path),
    (path, { down, up }) => {
      const names = factorNames(0, path);
      learned.set(names.down, down).set(names.up, up);
    },
  );
  const prediction = buildUnet(new Scope(graph, 'unet'), unet, {
    sample,
    timestep,
    encoderHiddenStates,
    adapter,
  });
  const error = sub(prediction, target);
  const loss = reduceMean(mul(weight, mul(error, error)), [0, 1, 2, 3], { keepDims: false });
  graph.output(trainingNames.loss, loss);
  const gradients = gradient(loss, [...learned.values()]);
  for (const [index, name] of [...learned.keys()].entries()) {
    graph.output(trainingNames.gradient(name), gradients[index]!);
  }
  return graph;
}

function textStates(graph: Graph, options: TrainingGraphOptions, learned: Map<string, Value>): Value {
  const { batch, tokens, text, unet } = options;
  if (text === undefined) {
    return graph.input(trainingNames.encoderHiddenStates, [batch, tokens, unet.crossAttentionDim]);
  }
  const scope = new Scope(graph, 'text_encoder');
  const ids = graph.input(trainingNames.inputIds, [batch, tokens], 'int64');
  const positions = graph.input(trainingNames.identifierPositions, [batch, tokens, 1]);
  const embedding = graph.input(trainingNames.tokenEmbedding, [1, 1, text.hiddenSize]);
  learned.set(trainingNames.tokenEmbedding, embedding);
  const frozen = embedTokens(scope, text, ids); // [B, L, D]
  const embeddings = add(frozen, mul(positions, sub(embedding, frozen)));
  return buildClipText(scope, text, embeddings);
}
