/** text_encoder/config.json of transformers' CLIPTextModel. */

import { z } from 'zod';
import { only, parseConfig } from './config.ts';

const schema = z.object({
  architectures: z
    .array(z.string())
    .optional()
    .refine(
      (names) => names === undefined || names.includes('CLIPTextModel'),
      'only CLIPTextModel is supported',
    ),
  hidden_size: z.number().int().positive(),
  intermediate_size: z.number().int().positive(),
  num_hidden_layers: z.number().int().positive(),
  num_attention_heads: z.number().int().positive(),
  max_position_embeddings: z.number().int().positive(),
  vocab_size: z.number().int().positive(),
  layer_norm_eps: z.number().positive().default(1e-5),
  // SD 1.x was trained with OpenAI's approximation, SD 2.x (OpenCLIP) with the exact GELU.
  hidden_act: z.enum(['quick_gelu', 'gelu']),
  model_type: only('clip_text_model'),
});

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
}

/** @throws LikenessError `checkpoint-unsupported` */
export function parseClipTextConfig(config: unknown, subject = 'text_encoder'): ClipTextConfig {
  const raw = parseConfig(schema, config, subject);
  return {
    hiddenSize: raw.hidden_size,
    intermediateSize: raw.intermediate_size,
    layers: raw.num_hidden_layers,
    heads: raw.num_attention_heads,
    length: raw.max_position_embeddings,
    vocabularySize: raw.vocab_size,
    normEpsilon: raw.layer_norm_eps,
    activation: raw.hidden_act,
  };
}
