/** Transformer2DModel: self-attention, cross-attention and a gated feed-forward over the pixels as tokens. */

import { add, attention, gelu, mul, split } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import { dropReadout, meanReadout, projectWithReadout } from './attention-readout.ts';
import {
  groupNormLayer,
  imageToTokens,
  layerNormLayer,
  linearLayer,
  mergeHeads,
  projectionLayer,
  splitHeads,
  tokensToImage,
} from './layers.ts';
import type { Scope } from './scope.ts';

/** The transformer's GroupNorm uses its own epsilon, unlike the resnets' 1e-5. */
const GROUP_NORM_EPSILON = 1e-6;

/** Values at an adapter site of a graph: what leaves a spatial transformer, which an adapter may change. */
export interface SiteValues {
  /** Module path in the UNet: `down_blocks.0.attentions.1`. */
  readonly path: string;
  /** Channels m of the projection. */
  readonly channels: number;
  /** Size of the feature map, in cells of this level. */
  readonly height: number;
  readonly width: number;
  /** Names of the projection's parameters in the graph: W [m, m], or [m, m, 1, 1]; b [m]. */
  readonly projection: { readonly weight: string; readonly bias: string };
  /** x, what the projection is applied to: [B, hw, m]. */
  readonly input: Value;
  /** W x + b: [B, hw, m]. */
  readonly output: Value;
  /**
   * Share of the block's cross-attention to the tokens of each column of the adapter's `attentionColumns`, averaged over
   * heads and layers: [B hw, c]. Undefined where the adapter has none.
   */
  readonly attention: Value | undefined;
}

export interface SiteAdapter {
  /**
   * [B L, c]: weights of the tokens, a column for each sum of attention probabilities that `adapt` reads
   * (attention-readout.ts).
   */
  readonly attentionColumns?: Value;
  /** Returns what takes the place of `site.output`, [B, hw, m]. */
  adapt(site: SiteValues): Value;
}

export interface SpatialTransformerOptions {
  readonly heads: number;
  readonly groups: number;
  /** 0: no cross-attention, and no adapter site. */
  readonly layers: number;
  /** True where the layers' first attention reads the text as well, in place of the picture. */
  readonly textAlone: boolean;
  /** Form in which proj_in and proj_out are stored. */
  readonly projections: 'linear' | 'conv1x1';
  readonly adapter: SiteAdapter | undefined;
}

/** x [B, C, h, w], context [B, L, D] -> [B, C, h, w] */
export function spatialTransformer(
  scope: Scope,
  x: Value,
  context: Value,
  options: SpatialTransformerOptions,
): Value {
  const [, channels, height, width] = x.shape as [number, number, number, number];
  const { projections } = options;
  const normed = groupNormLayer(scope.at('norm'), x, options.groups, GROUP_NORM_EPSILON);
  let tokens = projectionLayer(scope.at('proj_in'), imageToTokens(normed), channels, projections); // [B, hw, C]
  const columns: Value[] = [];
  for (let layer = 0; layer < options.layers; layer++) {
    const block = transformerBlock(scope.at('transformer_blocks', layer), tokens, context, options);
    tokens = block.output;
    if (block.columns !== undefined) columns.push(block.columns);
  }
  const projection = scope.at('proj_out');
  const output = projectionLayer(projection, tokens, channels, projections);
  const site = {
    path: scope.path,
    channels,
    height,
    width,
    projection: { weight: projection.parameterName('weight'), bias: projection.parameterName('bias') },
    input: tokens,
    output,
    attention: meanOf(columns),
  };
  const adapted = options.layers === 0 ? output : (options.adapter?.adapt(site) ?? output);
  return scope.tap(add(tokensToImage(adapted, height, width), x));
}

/** Undefined where there are none. */
function meanOf(values: readonly Value[]): Value | undefined {
  const [first, ...others] = values;
  if (first === undefined || others.length === 0) return first;
  return mul(others.reduce(add, first), 1 / values.length);
}

/** BasicTransformerBlock: x [B, N, C], context [B, L, D]. */
function transformerBlock(
  scope: Scope,
  x: Value,
  context: Value,
  { heads, textAlone, adapter }: SpatialTransformerOptions,
) {
  const own = layerNormLayer(scope.at('norm1'), x);
  let h = add(x, attentionLayer(scope.at('attn1'), own, textAlone ? context : own, heads).output);
  const normed = layerNormLayer(scope.at('norm2'), h);
  const cross = attentionLayer(scope.at('attn2'), normed, context, heads, adapter?.attentionColumns);
  h = add(h, cross.output);
  h = add(h, feedForward(scope.at('ff'), layerNormLayer(scope.at('norm3'), h)));
  return { output: scope.tap(h), columns: cross.columns };
}

/** Multi-head attention of x [B, N, C] over context [B, M, D]; columns [B M, c] come back as sums [B N, c]. */
function attentionLayer(scope: Scope, x: Value, context: Value, heads: number, columns?: Value) {
  const channels = x.shape.at(-1)!;
  const wide = columns && { heads, width: channels / heads, columns: columns.shape[1]! };
  const project = (name: string, from: Value) => linearLayer(scope.at(name), from, channels, false);
  const values = wide
    ? projectWithReadout(scope.at('to_v'), context, columns, wide)
    : project('to_v', context);
  const { output, probabilities } = attention(
    splitHeads(project('to_q', x), heads),
    splitHeads(project('to_k', context), heads),
    splitHeads(values, heads),
    (channels / heads) ** -0.5,
  );
  scope.at('probs').tap(probabilities);
  const joined = mergeHeads(output);
  const mix = scope.at('to_out', 0);
  const mixed = wide ? dropReadout(mix, joined, channels, wide) : linearLayer(mix, joined, channels);
  return { output: scope.tap(mixed), columns: wide && meanReadout(joined, wide) };
}

/** GEGLU (Shazeer 2020): the first half is the value, the second the gate, with the exact erf GELU. */
function feedForward(scope: Scope, x: Value): Value {
  const channels = x.shape.at(-1)!;
  const projected = linearLayer(scope.at('net', 0, 'proj'), x, 8 * channels);
  const [value, gate] = split(projected, 2, -1) as [Value, Value];
  return scope.tap(linearLayer(scope.at('net', 2), mul(value, gelu(gate)), channels));
}
