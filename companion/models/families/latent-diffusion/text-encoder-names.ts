/**
 * Parameters of a text encoder as transformers has saved it, or open_clip (Stable Diffusion 2.x, and XL's second one). In
 * the latter query, key and value stand one above the other in one array, and the projection of the pooled state is the
 * transpose.
 */

import type { ComponentTensor } from '../../../checkpoint/component.ts';
import type { Shape } from '../../../tensor/tensor.ts';

/** A text encoder inside a file. */
export interface TextEncoderLayout {
  readonly component: string;
  /** Before the names of its parameters. */
  readonly prefix: string;
  /** Code that saved it. */
  readonly code: 'transformers' | 'open_clip';
}

type Part = Omit<ComponentTensor, 'component'>;

/** Parameters that an array of the encoder holds. */
export function textEncoderParts(
  original: string,
  shape: Shape,
  { component, prefix, code }: TextEncoderLayout,
): readonly ComponentTensor[] {
  const name = original.slice(prefix.length);
  if (code === 'open_clip') return openClipParts(name, shape).map((part) => ({ component, ...part }));
  return [{ component, name: currentTextName(name), shape }];
}

/** Outside of the text model in a CLIP text encoder: the projection of its pooled state. */
const PROJECTION = /^text_projection\b/;

/** Files that early versions of transformers saved, and those of version 5, lack the name of the text model. */
export function currentTextName(name: string): string {
  return name.startsWith('text_model.') || PROJECTION.test(name) ? name : `text_model.${name}`;
}

const ENDS: Readonly<Record<string, string>> = {
  'token_embedding.weight': 'text_model.embeddings.token_embedding.weight',
  positional_embedding: 'text_model.embeddings.position_embedding.weight',
  'ln_final.weight': 'text_model.final_layer_norm.weight',
  'ln_final.bias': 'text_model.final_layer_norm.bias',
};

const IN_LAYER: Readonly<Record<string, string>> = {
  ln_1: 'layer_norm1',
  ln_2: 'layer_norm2',
  'attn.out_proj': 'self_attn.out_proj',
  'mlp.c_fc': 'mlp.fc1',
  'mlp.c_proj': 'mlp.fc2',
};

/** In the order in which they stand. */
const PROJECTIONS = ['q_proj', 'k_proj', 'v_proj'] as const;

/** None for what the graphs do not read: the temperature of CLIP's loss, masks. */
function openClipParts(original: string, shape: Shape): readonly Part[] {
  const end = ENDS[original];
  if (end !== undefined) return [{ name: end, shape }];
  if (original === 'text_projection' && shape.length === 2) {
    return [{ name: 'text_projection.weight', shape: [shape[1]!, shape[0]!], isTransposed: true }];
  }
  const [, layer, inner] = /^transformer\.resblocks\.(\d+)\.(.+)$/.exec(original) ?? [];
  if (layer === undefined || inner === undefined) return [];
  const block = `text_model.encoder.layers.${layer}`;
  const fused = /^attn\.in_proj_(weight|bias)$/.exec(inner)?.[1];
  if (fused !== undefined) {
    const width = Math.floor(shape[0]! / PROJECTIONS.length);
    return PROJECTIONS.map((name, index) => ({
      name: `${block}.self_attn.${name}.${fused}`,
      shape: [width, ...shape.slice(1)],
      rows: { start: index * width, end: (index + 1) * width },
    }));
  }
  const [, module, kind] = /^(.+)\.(weight|bias)$/.exec(inner) ?? [];
  const known = IN_LAYER[module ?? ''];
  return known === undefined ? [] : [{ name: `${block}.${known}.${kind}`, shape }];
}
