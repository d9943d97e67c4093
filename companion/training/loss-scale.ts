/**
 * LossScale: the factor by which gradients in half precision are kept within its range (dynamic loss scaling, Micikevicius
 * et al. 2018, arXiv 1710.03740, section 3.2; PyTorch's GradScaler). Where a gradient is not finite, the step is left out
 * and the factor halved; after many good steps it is doubled.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { ParameterMap } from '../adapters/factors.ts';

/** State that a resumed run continues from exactly. */
export interface LossScaleState {
  readonly scale: number;
  /** Steps since the scale was changed. */
  readonly goodSteps: number;
  /** Steps that were left out, in the whole run. */
  readonly skipped: number;
}

/** As PyTorch begins; within a few steps it is where it belongs. */
const INITIAL: LossScaleState = { scale: 2 ** 16, goodSteps: 0, skipped: 0 };

/** Good steps before a larger scale is tried. A run has some hundred steps: PyTorch's 2000 would never come. */
const GROWTH_STEPS = 100;

/** Beyond, the scale itself would be infinite in half precision sooner or later, and nothing is gained. */
const LARGEST_SCALE = 2 ** 24;

/** Below, gradients are infinite by themselves: what overflows is the forward pass, or the run has diverged. */
const SMALLEST_SCALE = 2 ** -10;

/** Factor of the loss in half precision, and the steps that it cost. */
export class LossScale {
  #state: LossScaleState;

  constructor(state: LossScaleState = INITIAL) {
    this.#state = state;
  }

  get scale(): number {
    return this.#state.scale;
  }

  state(): LossScaleState {
    return this.#state;
  }

  /** To be told of a step that was made. */
  grow(): void {
    const { scale, goodSteps, skipped } = this.#state;
    const grows = goodSteps + 1 >= GROWTH_STEPS;
    this.#state = {
      scale: grows ? Math.min(LARGEST_SCALE, 2 * scale) : scale,
      goodSteps: grows ? 0 : goodSteps + 1,
      skipped,
    };
  }

  /** To be told of a step that was left out. @throws LikenessError `input` where no scale is small enough */
  halve(): void {
    const { scale, skipped } = this.#state;
    if (scale / 2 < SMALLEST_SCALE) {
      throw new LikenessError('input', 'teaching diverged: its gradients are infinite in half precision', {
        advice: 'Use --precision fp32, or a lower learning rate.',
      });
    }
    this.#state = { scale: scale / 2, goodSteps: 0, skipped: skipped + 1 };
  }
}

/** False where a half-precision backward pass overflowed: that step is left out, and the scale halved. */
export function allFinite(gradients: ParameterMap): boolean {
  for (const values of gradients.values()) if (!values.every(Number.isFinite)) return false;
  return true;
}
