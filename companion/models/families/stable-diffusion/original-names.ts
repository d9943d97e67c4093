/**
 * Parameter names of a checkpoint in one file, as CompVis' latent-diffusion code saved Stable Diffusion 1.x and as web
 * interfaces have passed models on since, and what diffusers calls the same parameters.
 */

type ComponentOfFile = 'unet' | 'text_encoder' | 'vae';

export interface DiffusersName {
  readonly component: ComponentOfFile;
  readonly name: string;
}

/** Residual blocks a level; the way up has one more. Stable Diffusion's, and all models taught from it. */
export const LAYERS_PER_BLOCK = 2;

const UNET = 'model.diffusion_model.';
const TEXT_ENCODER = 'cond_stage_model.transformer.';
const VAE = 'first_stage_model.';

/**
 * Undefined for what is no weight of the three: averages kept while training, noise schedules.
 * @param vaeLevels resolutions of the autoencoder: its way up is counted from the other end
 */
export function diffusersName(original: string, vaeLevels: number): DiffusersName | undefined {
  if (original.startsWith(UNET)) return named('unet', unetName(original.slice(UNET.length)));
  if (original.startsWith(VAE)) return named('vae', vaeName(original.slice(VAE.length), vaeLevels));
  if (!original.startsWith(TEXT_ENCODER)) return undefined;
  const name = original.slice(TEXT_ENCODER.length);
  // Files saved under early versions of transformers lack the module's name.
  return named('text_encoder', name.startsWith('text_model.') ? name : `text_model.${name}`);
}

function named(component: ComponentOfFile, name: string | undefined): DiffusersName | undefined {
  return name === undefined ? undefined : { component, name };
}

const UNET_ENDS: Readonly<Record<string, string>> = {
  'time_embed.0': 'time_embedding.linear_1',
  'time_embed.2': 'time_embedding.linear_2',
  'input_blocks.0.0': 'conv_in',
  'out.0': 'conv_norm_out',
  'out.2': 'conv_out',
};

const RESNET: Readonly<Record<string, string>> = {
  'in_layers.0': 'norm1',
  'in_layers.2': 'conv1',
  'emb_layers.1': 'time_emb_proj',
  'out_layers.0': 'norm2',
  'out_layers.3': 'conv2',
  skip_connection: 'conv_shortcut',
};

const MIDDLE = ['resnets.0', 'attentions.0', 'resnets.1'] as const;

function unetName(name: string): string | undefined {
  const kind = name.slice(name.lastIndexOf('.')); // .weight, .bias
  const end = UNET_ENDS[name.slice(0, -kind.length)];
  if (end !== undefined) return end + kind;
  const block = /^(input_blocks|middle_block|output_blocks)\.(\d+)\.(.+)$/.exec(name);
  if (block === null) return undefined;
  const [, way, position, rest] = block as unknown as [string, string, string, string];
  if (way === 'middle_block') return inBlock(`mid_block.${MIDDLE[Number(position)]}`, rest);
  const [, part, inner] = /^(\d+)\.(.+)$/.exec(rest) ?? [];
  if (part === undefined || inner === undefined) return undefined;
  return way === 'input_blocks'
    ? downName(Number(position) - 1, part, inner)
    : upName(Number(position), part, inner);
}

/** Each level has its layers, then what halves the resolution. */
function downName(position: number, part: string, inner: string): string | undefined {
  const [level, layer] = [Math.floor(position / (LAYERS_PER_BLOCK + 1)), position % (LAYERS_PER_BLOCK + 1)];
  const block = `down_blocks.${level}`;
  if (layer === LAYERS_PER_BLOCK) return inner.replace(/^op\./, `${block}.downsamplers.0.conv.`);
  return inBlock(`${block}.${part === '0' ? 'resnets' : 'attentions'}.${layer}`, inner);
}

/** Each level has one layer more, and what doubles the resolution is the last part of its last layer. */
function upName(position: number, part: string, inner: string): string | undefined {
  const [level, layer] = [Math.floor(position / (LAYERS_PER_BLOCK + 1)), position % (LAYERS_PER_BLOCK + 1)];
  const block = `up_blocks.${level}`;
  if (inner.startsWith('conv.')) return `${block}.upsamplers.0.${inner}`;
  return inBlock(`${block}.${part === '0' ? 'resnets' : 'attentions'}.${layer}`, inner);
}

/** Spatial transformers have the same names inside. */
function inBlock(module: string, inner: string): string {
  return module.includes('.resnets.') ? `${module}.${renamed(inner, RESNET)}` : `${module}.${inner}`;
}

const VAE_PARTS: Readonly<Record<string, string>> = {
  nin_shortcut: 'conv_shortcut',
  norm_out: 'conv_norm_out',
};

const VAE_ATTENTION: Readonly<Record<string, string>> = {
  norm: 'group_norm',
  q: 'to_q',
  k: 'to_k',
  v: 'to_v',
  proj_out: 'to_out.0',
};

function vaeName(name: string, levels: number): string | undefined {
  const [, coder, inner] = /^(encoder|decoder)\.(.+)$/.exec(name) ?? [];
  if (coder === undefined || inner === undefined) return name; // quant_conv and post_quant_conv
  const middle = /^mid\.(block_1|block_2|attn_1)\.(.+)$/.exec(inner);
  if (middle?.[1] === 'attn_1')
    return `${coder}.mid_block.attentions.0.${renamed(middle[2]!, VAE_ATTENTION)}`;
  if (middle) return `${coder}.mid_block.resnets.${middle[1] === 'block_1' ? 0 : 1}.${middle[2]}`;
  const level = /^(down|up)\.(\d+)\.(block\.(\d+)|downsample|upsample)\.(.+)$/.exec(inner);
  if (level === null) return `${coder}.${renamed(inner, VAE_PARTS)}`;
  const [, way, index, kind, layer, leaf] = level as unknown as string[];
  const block = way === 'down' ? `down_blocks.${index}` : `up_blocks.${levels - 1 - Number(index)}`;
  if (layer === undefined) return `${coder}.${block}.${kind}rs.0.${leaf}`;
  return `${coder}.${block}.resnets.${layer}.${renamed(leaf!, VAE_PARTS)}`;
}

/** `name` with its first module, of one part or two, called as in `names`. */
function renamed(name: string, names: Readonly<Record<string, string>>): string {
  const module = Object.keys(names).find((key) => name.startsWith(`${key}.`));
  return module === undefined ? name : names[module] + name.slice(module.length);
}

/**
 * Names from before diffusers 0.17, whose attention had names of its own: the published autoencoders were saved so.
 * diffusers renames them when it loads (`_convert_deprecated_attention_blocks`).
 */
const OLD_ATTENTION = /^(.*\bmid_block\.attentions\.\d+)\.(query|key|value|proj_attn)\.(weight|bias)$/;

const CURRENT: Readonly<Record<string, string>> = {
  query: 'to_q',
  key: 'to_k',
  value: 'to_v',
  proj_attn: 'to_out.0',
};

/** `encoder.mid_block.attentions.0.query.weight` -> `encoder.mid_block.attentions.0.to_q.weight`; others stay. */
export function currentAttentionName(name: string): string {
  return name.replace(
    OLD_ATTENTION,
    (_, block: string, part: string, kind: string) => `${block}.${CURRENT[part]}.${kind}`,
  );
}
