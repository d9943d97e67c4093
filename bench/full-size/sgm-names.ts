/** Tensors of SDXL's components under the names of SGM's code, as its files hold them: OpenCLIP's projections in one. */

import { unetModules, vaeModules } from '../../tests/checkpoint/single-file-checkpoint.ts';
import type { NamedShape } from '../random-weights.ts';

const FIRST = 'conditioner.embedders.0.transformer';
const SECOND = 'conditioner.embedders.1.model';
const LAYER = /^text_model\.encoder\.layers\.(\d+)\.(.+)\.(weight|bias)$/;

type Modules = readonly (readonly [original: string, ours: string])[];

const UNET: Modules = [
  ['label_emb.0.0', 'add_embedding.linear_1'],
  ['label_emb.0.2', 'add_embedding.linear_2'],
  ...unetModules(3, [false, true, true]),
];

const OPEN_CLIP: Readonly<Record<string, string>> = {
  layer_norm1: 'ln_1',
  layer_norm2: 'ln_2',
  'self_attn.out_proj': 'attn.out_proj',
  'mlp.fc1': 'mlp.c_fc',
  'mlp.fc2': 'mlp.c_proj',
};

export function sgmNames(components: ReadonlyMap<string, readonly NamedShape[]>): NamedShape[] {
  return [
    ...renamed(components.get('unet')!, 'model.diffusion_model', UNET),
    ...renamed(components.get('vae')!, 'first_stage_model', vaeModules(4)).map(pointwise),
    ...renamed(components.get('text_encoder')!, FIRST, [['text_model', 'text_model']]),
    ...components.get('text_encoder_2')!.flatMap(openClip),
  ];
}

function renamed(weights: readonly NamedShape[], prefix: string, modules: Modules): NamedShape[] {
  return weights.map(({ name, shape }) => {
    const [original, ours] = modules.find(([, module]) => name.startsWith(`${module}.`))!;
    return { name: `${prefix}.${original}${name.slice(ours.length)}`, shape };
  });
}

/** The autoencoder's attention was saved as convolutions of one cell. */
function pointwise({ name, shape }: NamedShape): NamedShape {
  return {
    name,
    shape: /\.mid\.attn_1\..*weight$/.test(name) && shape.length === 2 ? [...shape, 1, 1] : shape,
  };
}

function openClip({ name, shape }: NamedShape): NamedShape[] {
  const [, layer, module, kind] = LAYER.exec(name) ?? [];
  const named = (own: string, of = shape) => [{ name: `${SECOND}.${own}`, shape: of }];
  if (module !== undefined) {
    const block = `transformer.resblocks.${layer}`;
    if (module === 'self_attn.q_proj') {
      return named(`${block}.attn.in_proj_${kind}`, [3 * shape[0]!, ...shape.slice(1)]);
    }
    const own = OPEN_CLIP[module];
    return own === undefined ? [] : named(`${block}.${own}.${kind}`);
  }
  if (name.includes('token_embedding')) return named('token_embedding.weight');
  if (name.includes('position_embedding')) return named('positional_embedding');
  if (name.startsWith('text_projection')) return named('text_projection', shape.toReversed());
  return named(name.replace('text_model.final_layer_norm', 'ln_final'));
}
