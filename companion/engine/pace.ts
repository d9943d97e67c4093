/** StepTimer: speed of work and time left, from the moments at which its steps ended. */

/** Steps that the speed is taken over: enough to smooth, few enough to follow a machine that slows down. */
const WINDOW = 20;

export class StepTimer {
  readonly #now: () => number;
  readonly #moments: number[];

  /** @param now milliseconds, monotonic */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now;
    this.#moments = [now()];
  }

  /** Call when a step is done. */
  tick(): void {
    this.#moments.push(this.#now());
    if (this.#moments.length > WINDOW + 1) this.#moments.shift();
  }

  /** Begins anew with the next step, where there was other work in between; until it is done, the pace is the one before. */
  restart(): void {
    const now = this.#now();
    const away = now - this.#moments.at(-1)!;
    for (const [index, moment] of this.#moments.entries()) this.#moments[index] = moment + away;
  }

  /** Over the last steps; 0 before the first. */
  get stepsPerSecond(): number {
    const steps = this.#moments.length - 1;
    const seconds = (this.#moments.at(-1)! - this.#moments[0]!) / 1000;
    return steps > 0 && seconds > 0 ? steps / seconds : 0;
  }

  /** Infinity before the first step. */
  secondsFor(steps: number): number {
    return steps / this.stepsPerSecond;
  }
}
