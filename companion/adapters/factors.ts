/**
 * The low-rank factors of personalized residuals (Ham et al., CVPR 2024, section 3.1): for each output projection
 * W_i [m, m] a residual A_i B_i, with A_i = `up` [m, r] and B_i = `down` [r, m] in LoRA's terms.
 */

import type { Random } from '../diffusion/random.ts';
import type { AdapterSite } from '../models/family.ts';

export interface Factor {
  /** B_i, [rank, channels] */
  readonly down: Float32Array;
  /** A_i, [channels, rank] */
  readonly up: Float32Array;
  readonly rank: number;
  readonly channels: number;
  /** Multiplier of the product A B: alpha / rank in a LoRA file, 1 in the paper. */
  readonly scale: number;
}

/** By module path of the block: `down_blocks.0.attentions.1`. */
export type Factors = ReadonlyMap<string, Factor>;

/** Rank of each residual by module path: all of factors that a graph depends on, as its values are inputs. */
export type Ranks = Readonly<Record<string, number>>;

/** Rank of each residual, by module path. */
export function ranksOf(factors: Factors): Ranks {
  return Object.fromEntries(Array.from(factors, ([path, { rank }]) => [path, rank]));
}

/** r = max(minimum, fraction * m), never above m. The paper's rule is a fraction of 0.05. */
export interface RankRule {
  readonly fraction: number;
  readonly minimum: number;
}

/** Rank of a projection of m = `channels` channels, 1 to m. */
export function rankOf(rule: RankRule, channels: number): number {
  return Math.min(channels, Math.max(rule.minimum, Math.round(rule.fraction * channels)));
}

/**
 * A starts at zero, so that teaching starts at the base model; B at a Gaussian of variance 1 / m, so that B x has
 * the variance of x.
 */
export function initialFactors(sites: readonly AdapterSite[], rule: RankRule, random: Random): Factors {
  return new Map(
    sites.map(({ path, outputs: channels }) => {
      const rank = rankOf(rule, channels);
      const down = Float32Array.from(
        { length: rank * channels },
        () => random.gaussian() / Math.sqrt(channels),
      );
      return [path, { down, up: new Float32Array(channels * rank), rank, channels, scale: 1 }];
    }),
  );
}

/** Values by parameter name. */
export type ParameterMap = ReadonlyMap<string, Float32Array>;
