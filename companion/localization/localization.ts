/** Localization as part of the sampling graph. */

import type { Value } from '../graph/value.ts';
import type { ProjOutAdapter } from '../models/layers/spatial-transformer.ts';

export interface LocalizedOptions {
  /** With guidance there are two samples, and the first is unconditional and has no concept tokens; else one. */
  readonly guided: boolean;
  /** Latent cells. */
  readonly height: number;
  /** Tokens of a prompt, L. */
  readonly tokens: number;
  /** Rank of each concept at each site. */
  readonly ranks: readonly ((path: string) => number | undefined)[];
}

export interface Localization {
  readonly adapter: ProjOutAdapter;
  /** What the graph gives out beside the prediction, by name; to be asked for after the UNet is built. */
  outputs(): ReadonlyMap<string, Value>;
}
