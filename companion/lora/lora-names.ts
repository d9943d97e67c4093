/**
 * Names of tensors in LoRA files, by whatever program: the layer, without what programs put around its path, and the
 * tensor's part of a residual; or what kind of adapter has such tensors, where it is no low-rank pair.
 */

import { FORMATS } from '../models/families/formats.ts';
import type { LoraPart } from '../models/family.ts';

/** A tensor's name, read. */
export interface LoraTensorName {
  /** Layer in its network, with underscores for dots: `mid_block_attentions_0_proj_out`. */
  readonly layer: string;
  /** Undefined where the tensor belongs to an adapter of another kind. */
  readonly part: LoraPart | undefined;
  /** That other kind, as a refusal calls it. */
  readonly kind: string | undefined;
  /** True under the names of peft, which keeps the scale in a file of its own. */
  readonly isPeft: boolean;
}

/** Longer names are of no known program, and the patterns need not see them. */
const NAME_MAX_LENGTH = 300;

/** peft's name of one of several adapters of a model: `default`, `default_0`. */
const ADAPTER = String.raw`(?:\.[A-Za-z0-9_-]{1,64})?`;

/** Ends of names, from peft's, kohya's and ComfyUI's, and diffusers' older ones. */
const PARTS: readonly (readonly [end: RegExp, part: LoraPart, isPeft: boolean])[] = [
  [new RegExp(String.raw`\.lora_A${ADAPTER}\.weight$`), 'down', true],
  [new RegExp(String.raw`\.lora_B${ADAPTER}\.weight$`), 'up', true],
  [new RegExp(String.raw`[._]lora_down${ADAPTER}\.weight$`), 'down', false],
  [new RegExp(String.raw`[._]lora_up${ADAPTER}\.weight$`), 'up', false],
  [/[._]lora(?:_layer|_linear_layer|_conv_layer)?\.down\.weight$/, 'down', false],
  [/[._]lora(?:_layer|_linear_layer|_conv_layer)?\.up\.weight$/, 'up', false],
  [/\.(?:alpha|lora_alpha|network_alpha)$/, 'alpha', false],
];

/** Ends of names that other kinds of adapters have. */
const OTHER_KINDS: readonly (readonly [end: RegExp, kind: string])[] = [
  [
    new RegExp(String.raw`\.(?:dora_scale|lora_magnitude_vector${ADAPTER}|magnitude)(?:\.weight)?$`),
    'a DoRA (it also scales the weights of each layer, which needs the base model)',
  ],
  [/\.hada_(?:w[12]_[ab]|t[12])$/, 'a LoHa (Hadamard products in place of low-rank pairs)'],
  [/\.lokr_(?:w[12](?:_[ab])?|t2)$/, 'a LoKr (Kronecker products in place of low-rank pairs)'],
  [/\.lora_mid\.weight$/, 'a LoCon in Tucker form (with a third factor, lora_mid)'],
  [/\.(?:oft_(?:blocks|diag|R)|boft_[RS])(?:\..*)?$/, 'an OFT (it turns the weights of each layer)'],
  [/\.(?:a1|a2|b1|b2|bm1|bm2)\.weight$/, 'a GLoRA'],
  [/\.(?:lora_E|lora_ranknum)(?:\..*)?$/, 'an AdaLoRA'],
  [/\.vera_lambda_[bd](?:\..*)?$/, 'a VeRA'],
  [/\.(?:on_input|ia3_l)(?:\..*)?$/, 'an (IA)^3'],
  [/\.(?:diff_b|lora_up\.bias|lora_down\.bias)$/, 'a LoRA that also changes the bias of layers'],
  [new RegExp(String.raw`\.lora_[AB]${ADAPTER}\.bias$`), 'a LoRA that also changes the bias of layers'],
  [/\.(?:lora\.)?(?:up\.|down\.|base_layer\.)?bias$/, 'a LoRA that also changes the bias of layers'],
  [/\.(?:diff|set_weight|w_norm|b_norm)$/, 'a file of whole weights in place of low-rank pairs'],
  [/\.(?:base_layer\.)?weight$/, 'a file of whole weights in place of low-rank pairs'],
];

/** Words that programs put before the path of a layer, in any order and number. No path of an adapter site begins with one. */
const WRAPPERS: ReadonlySet<string> = new Set([
  ...'lora lycoris base model diffusion module orig mod peft pipe pipeline denoiser net network'.split(' '),
  ...FORMATS.map(({ lora }) => lora.prefix),
]);

/** Reads a tensor's name; undefined for one that no adapter of any known kind has. */
export function parseLoraTensorName(name: string): LoraTensorName | undefined {
  if (name.length > NAME_MAX_LENGTH) return undefined;
  for (const [end, part, isPeft] of PARTS) {
    const stem = beforeEnd(name, end);
    if (stem !== undefined) return { layer: layerOf(stem), part, kind: undefined, isPeft };
  }
  for (const [end, kind] of OTHER_KINDS) {
    const stem = beforeEnd(name, end);
    if (stem !== undefined) return { layer: layerOf(stem), part: undefined, kind, isPeft: false };
  }
  return undefined;
}

function beforeEnd(name: string, end: RegExp): string | undefined {
  const { index } = end.exec(name) ?? {};
  return index === undefined || index === 0 ? undefined : name.slice(0, index);
}

function layerOf(stem: string): string {
  const words = stem.split(/[._]/);
  const first = words.findIndex((word) => word !== '' && !WRAPPERS.has(word));
  return words.slice(Math.max(0, first)).join('_');
}

/**
 * Path of the adapter site, of any family, that each layer is; layers that are none are left out. The original code's
 * names count through all levels, so that the first number of layers a level under which most of the names are sites
 * decides.
 *
 * @param isKnown true for the paths of the model, where that is known
 */
export function sitesOfLayers(
  layers: readonly string[],
  isKnown: (path: string) => boolean = () => true,
): ReadonlyMap<string, string> {
  const candidates = new Set(FORMATS.flatMap(({ lora }) => lora.layersPerBlock));
  const readings = [...candidates].map((layersPerBlock) => {
    const sites = new Map<string, string>();
    for (const layer of layers) {
      const path = siteOf(layer, layersPerBlock);
      if (path !== undefined) sites.set(layer, path);
    }
    return { sites, known: [...sites.values()].filter(isKnown).length };
  });
  const most = Math.max(...readings.map(({ known }) => known));
  return readings.find(({ known }) => known === most)!.sites;
}

function siteOf(layer: string, layersPerBlock: number): string | undefined {
  for (const { lora } of FORMATS) {
    const path = lora.siteOf(layer, layersPerBlock);
    if (path !== undefined) return path;
  }
  return undefined;
}
