/**
 * Probe as a mask source: the logits of the concepts' object probes (object-probe.ts) leave the graph beside the
 * prediction, and their EMA over the steps makes the mask of the next one. Still one model evaluation a step.
 */

import { ObjectLogits, probedFeatures } from '../../adapters/object-probe.ts';
import type { Graph } from '../../graph/graph.ts';
import { concat, slice } from '../../graph/ops/index.ts';
import type { Value } from '../../graph/value.ts';
import type { SiteValues } from '../../models/layers/spatial-transformer.ts';
import {
  type BatchIndex,
  type Feeds,
  type LocalizerOptions,
  type MaskEstimator,
  StepwiseLocalizer,
} from '../localizer.ts';
import type { LocalizedMask } from '../mask.ts';
import {
  gateInput,
  type Localization,
  type LocalizedOptions,
  withLocalizedResiduals,
} from '../mask-source.ts';
import type { Grid } from '../regions.ts';

/**
 * Names of the outputs that this adds to the graph; the probes' inputs are object-probe.ts's.
 * @internal
 */
export const probedNames = {
  /** Output [concepts P, 1, h, w] at the latents' resolution, of the conditional samples of all P pictures. */
  logits: 'object_logits',
} as const;

function attachByProbe(graph: Graph, { guided, pictures, height, ranks }: LocalizedOptions): Localization {
  const probed = ranks.map((_, concept) => new ObjectLogits(graph, concept));
  const adapt = (site: SiteValues): Value => {
    const features = probedFeatures(site);
    for (const logits of probed) logits.observe(site, features);
    return withLocalizedResiduals(graph, site, ranks, (concept) => gateInput(graph, concept, site));
  };
  const outputs = () => {
    const logits = probed.map((concept) => {
      const all = concept.total(height); // [B, 1, h, w]
      return guided ? slice(all, 0, pictures, 2 * pictures) : all;
    });
    return new Map([[probedNames.logits, concat(logits, 0)]]);
  };
  return { adapter: { adapt }, outputs };
}

/** Share of the older logits that a new step keeps: about the last six steps count. */
const EMA_DECAY = 0.85;

/**
 * EMA of a probe's logits over the steps, and the mask it makes.
 *
 * @internal
 */
export class ProbeMask {
  readonly #grid: Grid;
  #logits: Float32Array | undefined;

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  /** Updates the EMA with the logits of one denoising step, [height * width]. */
  observe(logits: Float32Array): void {
    const known = this.#logits;
    if (known === undefined) {
      this.#logits = logits.slice();
      return;
    }
    for (let cell = 0; cell < known.length; cell++) {
      known[cell] = EMA_DECAY * known[cell]! + (1 - EMA_DECAY) * logits[cell]!;
    }
  }

  /** Undefined until a step was observed. */
  current(): LocalizedMask | undefined {
    if (this.#logits === undefined) return undefined;
    const likely = new Float32Array(this.#logits.length);
    for (let cell = 0; cell < likely.length; cell++) likely[cell] = 1 / (1 + Math.exp(-this.#logits[cell]!));
    return { ...this.#grid, mask: likely, evidence: likely, confidence: certainty(likely) };
  }
}

/** Certainty of the cells that the probe marks, 0 to 1: a coin's toss gives 0, and so does a picture without any. */
function certainty(likely: Float32Array): number {
  let [sum, marked] = [0, 0];
  for (const probability of likely) {
    if (probability <= 0.5) continue;
    sum += 2 * probability - 1;
    marked++;
  }
  return marked === 0 ? 0 : sum / marked;
}

class ProbeEstimator implements MaskEstimator {
  /** The latents' resolution. */
  readonly grid: Grid;
  /** Half would cost more of the product than it leaves of the scene (docs/settings.md). */
  readonly initialMaskValue = 1;
  readonly #masks: readonly ProbeMask[];

  constructor({ height, width, concepts }: LocalizerOptions) {
    this.grid = { height, width };
    this.#masks = concepts.map(() => new ProbeMask(this.grid));
  }

  observe(outputs: Feeds, { index, pictures }: BatchIndex): void {
    const logits = outputs[probedNames.logits]!.data as Float32Array; // [concepts P, 1, h, w]
    const cells = this.grid.height * this.grid.width;
    for (const [concept, mask] of this.#masks.entries()) {
      const first = (concept * pictures + index) * cells;
      mask.observe(logits.subarray(first, first + cells));
    }
  }

  masks(): readonly (LocalizedMask | undefined)[] {
    return this.#masks.map((mask) => mask.current());
  }
}

export const probeSource = {
  attach: attachByProbe,
  localizer: (options: LocalizerOptions) => new StepwiseLocalizer(options, new ProbeEstimator(options)),
};
