/** TileProgress: the steps of a picture that is drawn in tiles, as events. A tile that is encoded or decoded counts as a step. */

import type { Picture } from '../../images/picture.ts';
import type { LocalGenerateEvent, TilePass } from '../events.ts';
import { StepTimer } from '../pace.ts';

export class TileProgress {
  readonly #tiles: number;
  /** Sampling steps of one tile. */
  readonly #stepsOfTile: number;
  readonly #preview: Picture;
  readonly #timer = new StepTimer();

  constructor(tiles: number, stepsOfTile: number, preview: Picture) {
    this.#tiles = tiles;
    this.#stepsOfTile = stepsOfTile;
    this.#preview = preview;
  }

  /** Begins to measure again: what came since the last step says nothing of how long one takes. */
  restart(): void {
    this.#timer.restart();
  }

  encoded(tile: number): LocalGenerateEvent {
    return this.#step(tile + 1, tile, 'encoding');
  }

  /** @param step of this tile, from 1 */
  sampled(tile: number, step: number): LocalGenerateEvent {
    this.#timer.tick();
    return this.#step(this.#tiles + tile * this.#stepsOfTile + step, tile, 'sampling');
  }

  decoded(tile: number): LocalGenerateEvent {
    this.#timer.tick();
    return this.#step(this.#tiles * (this.#stepsOfTile + 1) + tile + 1, tile, 'decoding');
  }

  // Encoding ticks no timer: it says nothing of how long sampling takes, which is most of the work.
  #step(step: number, index: number, pass: TilePass): LocalGenerateEvent {
    const steps = this.#tiles * (this.#stepsOfTile + 2);
    const secondsLeft = this.#timer.secondsFor(steps - step);
    return {
      type: 'step',
      picture: 0,
      count: 1,
      step,
      steps,
      fraction: step / steps,
      secondsLeft,
      tile: { index, count: this.#tiles, pass },
      preview: this.#preview,
    };
  }
}
