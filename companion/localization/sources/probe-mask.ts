/** The mask that a concept's probe gives (object-probe.ts): where the product is likely by all steps so far. */

import type { LocalizedMask } from '../mask.ts';
import type { Grid } from '../regions.ts';

/** Share of the older logits that a new step keeps: about the last six steps count. */
const MEMORY = 0.85;

export class ProbeMask {
  readonly #grid: Grid;
  #logits: Float32Array | undefined;

  constructor(grid: Grid) {
    this.#grid = grid;
  }

  /** Takes in the logits of one denoising step, [height * width]. */
  observe(logits: Float32Array): void {
    const known = this.#logits;
    if (known === undefined) {
      this.#logits = logits.slice();
      return;
    }
    for (let cell = 0; cell < known.length; cell++) {
      known[cell] = MEMORY * known[cell]! + (1 - MEMORY) * logits[cell]!;
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

/** How sure the probe is of the cells it marks, 0 to 1: a coin's toss gives 0, and so does a picture without any. */
function certainty(likely: Float32Array): number {
  let [sum, marked] = [0, 0];
  for (const probability of likely) {
    if (probability <= 0.5) continue;
    sum += 2 * probability - 1;
    marked++;
  }
  return marked === 0 ? 0 : sum / marked;
}
