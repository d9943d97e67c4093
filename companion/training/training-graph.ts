/**
 * Training graph: one step as a graph, the frozen denoiser (and, where the identifier's embedding is learned too, the frozen
 * text encoder) with residuals attached, the noise-prediction loss, and its gradients by the learned inputs.
 */

import type { Ranks } from '../adapters/factors.ts';
import { factorNames, trainableAdapter } from '../adapters/low-rank.ts';
import { ObjectLogits, probedFeatures } from '../adapters/object-probe.ts';
import { gradient } from '../graph/gradient.ts';
import { Graph, type GraphSpec, graphSpec } from '../graph/graph.ts';
import { add, exp, mul, neg, reciprocal, reduceMean, sub } from '../graph/ops/index.ts';
import type { Value } from '../graph/value.ts';
import { familyOf, type ModelConfig } from '../models/families/registry.ts';
import type { ConditioningValues, PromptValues } from '../models/family.ts';
import type { SiteAdapter } from '../models/layers/spatial-transformer.ts';
import { conditioningInputs, latentInputs, scopesOf } from '../models/model-graphs.ts';

export interface TrainingShape extends ModelConfig {
  /** True where the identifier's token embedding is learned: the text encoders become part of the graph. Default false. */
  readonly tokenEmbedding?: boolean;
  readonly batch: number;
  /** Latent cells. */
  readonly height: number;
  readonly width: number;
  readonly ranks: Ranks;
  /** True where the share of the rank that acts comes with each sample (rank-schedule.ts). Default false: all of it. */
  readonly rankByTimestep?: boolean;
  /** True where a probe for the object is learned too. Default false. */
  readonly probe?: boolean;
  /** Default 'none'. */
  readonly checkpointing?: Checkpointing;
}

/**
 * Gradient checkpointing, for gradients that are the same up to rounding: none; large attention probabilities are
 * computed again; or besides these all but the outputs of blocks. From little work to little memory.
 */
export const CHECKPOINTING = ['none', 'attention', 'blocks'] as const;
export type Checkpointing = (typeof CHECKPOINTING)[number];

const ofEncoder = (name: string, encoder: number) => (encoder === 0 ? name : `${name}.${encoder}`);

/** Inputs and outputs by name; the learned inputs carry their own names (factorNames, probeParameters) and `gradient:<name>`. */
export const trainingNames = {
  /** Noisy latents, [B, C, h, w]. */
  sample: 'sample',
  /** [B] */
  timestep: 'timestep',
  /** Target of the prediction (noise, or v), [B, C, h, w]. */
  target: 'target',
  /** Weight of each latent cell in the loss, [B, 1, h, w]; its mean should be 1. */
  lossWeight: 'loss_weight',
  /** Share of the rank that acts on each sample, [B, 1, 1]; when it depends on the timestep. */
  activeRank: 'active_rank',
  /** Share of each latent cell that the object covers, [B, 1, h, w]; when the probe is learned. */
  objectMask: 'object_mask',
  /** [B, 1, 1, 1]: 1 for samples whose object is known, else 0; when the probe is learned. */
  objectKnown: 'object_known',
  /** [B, L] int64; of each text encoder when the token embedding is learned. Else the conditioning comes from outside. */
  inputIds: (encoder: number) => ofEncoder('input_ids', encoder),
  /** [B, L, 1]: 1 where the identifier stands, else 0. */
  identifierPositions: (encoder: number) => ofEncoder('identifier_positions', encoder),
  /** [B, 1, L]: 1 where the text ends, else 0; of text encoders whose state there is read. */
  textEnd: (encoder: number) => ofEncoder('text_end', encoder),
  /** [1, 1, D]: learned. */
  tokenEmbedding: (encoder: number) => ofEncoder('token_embedding', encoder),
  loss: 'loss',
  /** Factor of the loss, and so of all gradients, []; an input of graphs of half precision alone. */
  lossScale: 'loss_scale',
  gradient: (input: string) => `gradient:${input}`,
} as const;

/**
 * loss = mean(weight * (prediction - target)^2), over batch, channels and cells. The probe has a loss of its own, which
 * sends nothing back into the denoiser: residuals are learned as if there were no probe.
 */
export function trainingGraph(shape: TrainingShape): GraphSpec {
  return graphSpec('training', shape, buildTrainingGraph);
}

function buildTrainingGraph(options: TrainingShape): Graph {
  const { batch, height, width, checkpointing = 'none' } = options;
  const family = familyOf(options);
  const { latentChannels } = family.facts(options.config);
  const graph = new Graph('training', options.precision);
  const sample = latentInputs(graph, options, { batch, height, width });
  const timestep = graph.input(trainingNames.timestep, [batch]);
  const target = graph.input(trainingNames.target, [batch, latentChannels, height, width]);
  const weight = graph.input(trainingNames.lossWeight, [batch, 1, height, width]);
  const learned = new Map<string, Value>();

  const conditioning = textConditioning(graph, options, learned);
  const residuals = trainableAdapter(
    graph,
    (site) => options.ranks[site.path]!,
    (path, { down, up }) => {
      const names = factorNames(0, path);
      learned.set(names.down, down).set(names.up, up);
    },
    options.rankByTimestep ? graph.input(trainingNames.activeRank, [batch, 1, 1]) : undefined,
  );
  const probed = options.probe ? new ObjectLogits(graph, 0) : undefined;
  const adapter: SiteAdapter = {
    adapt: (site) => {
      probed?.observe(site, probedFeatures(site));
      return residuals.adapt(site);
    },
  };
  const blocks = new Set<Value>();
  const hook = (path: string, value: Value) => family.isBlock(path) && blocks.add(value);
  const inputs = { sample, timestep, conditioning, hook };
  const prediction = family.buildDenoiser(scopesOf(graph), options.config, inputs, adapter);
  const error = sub(prediction, target);
  const loss = reduceMean(mul(weight, mul(error, error)), [0, 1, 2, 3], { keepDims: false });
  graph.output(trainingNames.loss, loss);
  const lossScale =
    graph.precision === 'float16' ? graph.input(trainingNames.lossScale, []) : graph.scalar(1);
  const gradients = gradient(
    [{ output: loss, seed: lossScale }],
    [...learned.values()],
    checkpointing === 'blocks' ? { checkpoints: blocks } : checkpointing,
  );
  outputGradients(graph, [...learned.keys()], gradients);
  if (probed !== undefined) learnProbe(graph, options, probed, lossScale);
  return graph;
}

/** Binary cross-entropy of the probe's logits l with the object mask y: its gradient by l is sigmoid(l) - y. */
function learnProbe(
  graph: Graph,
  { batch, height, width }: TrainingShape,
  probed: ObjectLogits,
  lossScale: Value,
): void {
  const logits = probed.total(height);
  const mask = graph.input(trainingNames.objectMask, [batch, 1, height, width]);
  const known = graph.input(trainingNames.objectKnown, [batch, 1, 1, 1]);
  const likely = reciprocal(add(exp(neg(logits)), 1));
  const excess = sub(likely, mask);
  const share = mul(known, 1 / (batch * height * width));
  const seed = mul(excess, graph.precision === 'float16' ? mul(share, lossScale) : share);
  const { inputs } = probed;
  const names = inputs.map(({ name }) => name!);
  outputGradients(graph, names, gradient([{ output: logits, seed }], inputs));
}

function outputGradients(graph: Graph, names: readonly string[], gradients: readonly Value[]): void {
  for (const [index, name] of names.entries()) {
    graph.output(trainingNames.gradient(name), gradients[index]!);
  }
}

/** Conditioning from outside; or, where the embedding of the identifier is learned, through the frozen text encoders. */
function textConditioning(
  graph: Graph,
  options: TrainingShape,
  learned: Map<string, Value>,
): ConditioningValues {
  const { batch, tokenEmbedding = false } = options;
  if (!tokenEmbedding) return conditioningInputs(graph, options, batch);
  const family = familyOf(options);
  const scopes = scopesOf(graph);
  const { textEncoders } = family.facts(options.config);
  const prompts = textEncoders.map(({ tokens, width, pooled }, encoder): PromptValues => {
    const ids = graph.input(trainingNames.inputIds(encoder), [batch, tokens], 'int64');
    const positions = graph.input(trainingNames.identifierPositions(encoder), [batch, tokens, 1]);
    const name = trainingNames.tokenEmbedding(encoder);
    const embedding = graph.input(name, [1, 1, width]);
    learned.set(name, embedding);
    const frozen = family.embedTokens(scopes, options.config, encoder, ids); // [B, L, D]
    const embeddings = add(frozen, mul(positions, sub(embedding, frozen)));
    const end = trainingNames.textEnd(encoder);
    return pooled ? { embeddings, end: graph.input(end, [batch, 1, tokens]) } : { embeddings };
  });
  return {
    ...conditioningInputs(graph, options, batch, 'beside text'),
    ...family.buildText(scopes, options.config, prompts),
  };
}
