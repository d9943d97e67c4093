/** RemainingWork: time left of an evaluation, from what is left of each kind of work and the speed of what was done. */

export class RemainingWork {
  #teachings: number;
  #pictures: number;
  readonly #spent = { teachings: 0, teachingSeconds: 0, pictures: 0, pictureSeconds: 0 };
  /** Times of the teaching under way. */
  #current: { readonly secondsLeft: number; readonly secondsInAll: number } | undefined;

  /** @param work what is not there from an earlier run */
  constructor(work: { readonly teachings: number; readonly pictures: number }) {
    this.#teachings = work.teachings;
    this.#pictures = work.pictures;
  }

  madePicture(seconds: number): void {
    this.#pictures--;
    this.#spent.pictures++;
    this.#spent.pictureSeconds += seconds;
  }

  teaching(step: number, steps: number, secondsLeft: number): void {
    if (step < steps) this.#current = { secondsLeft, secondsInAll: (secondsLeft * steps) / (steps - step) };
  }

  taught(seconds: number): void {
    this.#teachings--;
    this.#spent.teachings++;
    this.#spent.teachingSeconds += seconds;
    this.#current = undefined;
  }

  /** Infinity or NaN while the speed of something is not known yet. */
  get seconds(): number {
    const { teachings, teachingSeconds, pictures, pictureSeconds } = this.#spent;
    const eachPicture = this.#pictures === 0 ? 0 : pictureSeconds / pictures;
    const eachTeaching = teachings > 0 ? teachingSeconds / teachings : this.#current?.secondsInAll;
    const waiting = this.#teachings - (this.#current === undefined ? 0 : 1);
    const teachingLeft = waiting === 0 ? 0 : waiting * (eachTeaching ?? Number.NaN);
    return this.#pictures * eachPicture + teachingLeft + (this.#current?.secondsLeft ?? 0);
  }
}
