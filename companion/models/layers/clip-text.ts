/**
 * CLIP's text encoder (Radford et al. 2021) as a graph, and its text_encoder/config.json; parameters and settings by the
 * names of transformers' CLIPTextModel.
 */

import { z } from 'zod';
import { add, gather, gelu, matmul, mul, quickGelu, softmax, transpose } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import { float32 } from '../../tensor/tensor.ts';
import { channelCount, layerCount, orDefault, parseConfig, unsupportedUnless } from './config.ts';
import { layerNormLayer, linearLayer, mergeHeads, splitHeads } from './layers.ts';
import type { Scope } from './scope.ts';

/** Rows of the token embedding: inputIds [B, L] (int64) -> [B, L, hiddenSize]. */
export function embedTokens(scope: Scope, config: ClipTextConfig, inputIds: Value): Value {
  const table = scope
    .at('text_model', 'embeddings', 'token_embedding')
    .parameter('weight', [config.vocabularySize, config.hiddenSize]);
  return gather(table, inputIds, 0);
}

/** Token embeddings [B, L, hiddenSize] -> the last layer's states after the final layer norm, [B, L, hiddenSize]. */
export function buildClipText(scope: Scope, config: ClipTextConfig, tokenEmbeddings: Value): Value {
  return finalNorm(scope, config, clipStates(scope, config, tokenEmbeddings, config.layers).at(-1)!);
}

/** The last layer's states [B, L, hiddenSize], normed. */
export function finalNorm(scope: Scope, config: ClipTextConfig, states: Value): Value {
  return layerNormLayer(scope.at('text_model', 'final_layer_norm'), states, config.normEpsilon);
}

/**
 * transformers' hidden states: the embeddings with their positions, then the states after each of the first `count` layers;
 * token embeddings [B, L, hiddenSize] -> [B, L, hiddenSize] each. Padding is not masked out, only the future is: diffusion
 * models were trained so.
 */
export function clipStates(
  scope: Scope,
  config: ClipTextConfig,
  tokenEmbeddings: Value,
  count: number,
): readonly Value[] {
  const model = scope.at('text_model');
  const length = tokenEmbeddings.shape[1]!;
  const positions = model
    .at('embeddings', 'position_embedding')
    .parameter('weight', [config.length, config.hiddenSize]);
  const mask = scope.graph.constant(causalMask(length));
  let h = model.at('embeddings').tap(add(tokenEmbeddings, positions));
  const states = [h];
  for (let layer = 0; layer < count; layer++) {
    const block = model.at('encoder', 'layers', layer);
    const normed = layerNormLayer(block.at('layer_norm1'), h, config.normEpsilon);
    h = add(h, selfAttention(block.at('self_attn'), normed, mask, config.heads));
    const mlp = layerNormLayer(block.at('layer_norm2'), h, config.normEpsilon);
    h = block.tap(add(h, feedForward(block.at('mlp'), mlp, config)));
    states.push(h);
  }
  return states;
}

/** x [B, L, C], mask [L, L] added to the scores. */
function selfAttention(scope: Scope, x: Value, mask: Value, heads: number): Value {
  const channels = x.shape.at(-1)!;
  const project = (name: string) => linearLayer(scope.at(name), x, channels);
  const query = splitHeads(mul(project('q_proj'), (channels / heads) ** -0.5), heads); // [B, H, L, d]
  const key = transpose(splitHeads(project('k_proj'), heads), [0, 1, 3, 2]); // [B, H, d, L]
  const probabilities = softmax(add(matmul(query, key), mask)); // [B, H, L, L]
  const mixed = mergeHeads(matmul(probabilities, splitHeads(project('v_proj'), heads)));
  return linearLayer(scope.at('out_proj'), mixed, channels);
}

function feedForward(scope: Scope, x: Value, config: ClipTextConfig): Value {
  const hidden = linearLayer(scope.at('fc1'), x, config.intermediateSize);
  const activated = config.activation === 'quick_gelu' ? quickGelu(hidden) : gelu(hidden);
  return linearLayer(scope.at('fc2'), activated, config.hiddenSize);
}

/** [length, length]: 0 where a token may look, the lowest float32 where it would see the future. */
function causalMask(length: number) {
  const lowest = -3.4028234663852886e38;
  const mask = new Float32Array(length * length);
  for (let row = 0; row < length; row++) mask.fill(lowest, row * length + row + 1, (row + 1) * length);
  return float32(mask, [length, length]);
}

/** Tokens that CLIP reads, padding included. */
export const CLIP_POSITIONS = 77;

/** Rows of the embedding table: CLIP has 49,408, and textual inversions add some. */
const VOCABULARY_MAX = 1_000_000;

/** The second is the first with a projection of the pooled state. */
const CLASSES = ['CLIPTextModel', 'CLIPTextModelWithProjection'];

const schema = z.object({
  architectures: z
    .array(z.string())
    .nullish()
    .refine(
      (names) => !names || names.some((name) => CLASSES.includes(name)),
      `only ${CLASSES.join(' and ')} are supported`,
    ),
  hidden_size: channelCount,
  intermediate_size: channelCount,
  num_hidden_layers: layerCount,
  num_attention_heads: channelCount,
  max_position_embeddings: z
    .number()
    .int()
    .positive()
    .max(CLIP_POSITIONS, {
      error: `expected ${CLIP_POSITIONS}: a text encoder of longer prompts (Long-CLIP or the like)`,
    }),
  vocab_size: z.number().int().positive().max(VOCABULARY_MAX),
  layer_norm_eps: orDefault(z.number().positive(), 1e-5),
  // OpenAI's CLIP was trained with the approximation, OpenCLIP with the exact GELU.
  hidden_act: orDefault(z.enum(['quick_gelu', 'gelu']), 'quick_gelu'),
  model_type: unsupportedUnless('clip_text_model'),
  projection_dim: channelCount.nullish(),
});

function headsDivide({ hidden_size, num_attention_heads }: z.infer<typeof schema>): boolean {
  return hidden_size % num_attention_heads === 0;
}

const headsMessage = { error: 'hidden_size must be a multiple of num_attention_heads' };

export interface ClipTextConfig {
  readonly hiddenSize: number;
  readonly intermediateSize: number;
  readonly layers: number;
  readonly heads: number;
  /** Tokens a prompt has, padding included: 77. */
  readonly length: number;
  readonly vocabularySize: number;
  readonly normEpsilon: number;
  readonly activation: 'quick_gelu' | 'gelu';
  /** Width of the projected pooled state; undefined where the config says none. */
  readonly projectionWidth: number | undefined;
}

/** @throws LikenessError `checkpoint-unsupported` */
export function parseClipTextConfig(config: unknown, subject = 'text_encoder'): ClipTextConfig {
  const raw = parseConfig(schema.refine(headsDivide, headsMessage), config, subject);
  return {
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layers: raw.num_hidden_layers,
    heads: raw.num_attention_heads,
    length: raw.max_position_embeddings,
    vocabularySize: raw.vocab_size,
    normEpsilon: raw.layer_norm_eps,
    activation: raw.hidden_act,
    projectionWidth: raw.projection_dim ?? undefined,
  };
}
