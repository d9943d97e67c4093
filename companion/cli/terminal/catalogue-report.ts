/** CatalogueReport: a catalogue on a terminal: picture k of n, time left, and at the end what could not be made. */

import { cellText, computedPixels } from '../../../shared/catalogue.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import type { PlannedPicture } from '../catalogue/catalogue-plan.ts';
import type { CatalogueEvent } from '../catalogue/catalogue-run.ts';
import { escapeControlCharacters } from './failure.ts';
import { formatNumberOf, formatSeconds, formatTimeLeft } from './format.ts';
import type { Output } from './output.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';

/** Failures that are listed; the record has all. */
const LISTED_MAX = 20;

interface Failure {
  readonly picture: PlannedPicture;
  readonly error: ErrorReport;
}

export class CatalogueReport {
  readonly #output: Output;
  readonly #progress: ProgressDisplay;
  readonly #total: number;
  readonly #before: number;
  readonly #left: Set<PlannedPicture>;
  readonly #failures: Failure[];
  #made = 0;
  #seconds = 0;
  #pixels = 0;
  #resolution = Number.POSITIVE_INFINITY;

  /**
   * @param todo pictures to be made
   * @param failures of runs before, which are not tried again
   */
  constructor(output: Output, total: number, todo: readonly PlannedPicture[], failures: readonly Failure[]) {
    this.#output = output;
    this.#total = total;
    this.#before = total - todo.length - failures.length;
    this.#left = new Set(todo);
    this.#failures = [...failures];
    this.#progress = createProgress(output);
  }

  begin(): void {
    const { dim } = this.#output.colours;
    this.#output.say(`${formatNumberOf(this.#total, 'picture')}, ${this.#left.size} to make`);
    if (this.#before > 0) this.#output.say(dim(`  ${formatNumberOf(this.#before, 'picture')} made before`));
    if (this.#left.size > 0) this.#progress.begin('Catalogue', this.#total, this.#before);
  }

  show(event: CatalogueEvent): void {
    switch (event.type) {
      case 'begun':
        this.#update();
        return;
      case 'made': {
        this.#made++;
        this.#seconds += event.seconds;
        this.#pixels += computedPixels(event.picture.cell, this.#resolution);
        break;
      }
      case 'failed':
        this.#failures.push(event);
        break;
      case 'engine':
        if (event.event.type === 'model') this.#resolution = event.event.resolution;
        return;
    }
    this.#left.delete(event.picture);
    this.#update();
  }

  get made(): number {
    return this.#made;
  }

  get failed(): number {
    return this.#failures.length;
  }

  /** The step under way may take seconds. */
  showStopping(): void {
    this.#progress.end();
    this.#output.say('Stopping after this step; Ctrl-C again stops at once. The same command goes on.');
  }

  /** Sums up, also when the work was cut short. */
  close(): void {
    this.#progress.end();
    const { green, yellow, dim } = this.#output.colours;
    const there = this.#before + this.#made;
    const mark = there === this.#total ? green('✓') : yellow('◦');
    const seconds = this.#made > 0 ? `, ${this.#made} made now in ${formatSeconds(this.#seconds)}` : '';
    this.#output.say(`${mark} ${there} of ${formatNumberOf(this.#total, 'picture')}${seconds}`);
    for (const { picture, error } of this.#failures.slice(0, LISTED_MAX)) {
      this.#output.warn(`${picture.file} (${cellText(picture.cell)}): ${error.message}`);
      this.#output.say(dim(`  ${escapeControlCharacters(error.advice)}`));
    }
    const more = this.#failures.length - LISTED_MAX;
    if (more > 0) this.#output.say(dim(`  and ${more} more, in the record of the folder`));
  }

  #update(): void {
    const done = this.#total - this.#left.size;
    this.#progress.update(done, [
      `picture ${Math.min(done + 1, this.#total)}/${this.#total}`,
      this.#left.size > 0 ? formatTimeLeft(this.#secondsLeft) : '',
      this.#failures.length > 0 ? `${this.#failures.length} failed` : '',
    ]);
  }

  /** By the pixels that are left. Infinity before the first. */
  get #secondsLeft(): number {
    const left = [...this.#left].reduce((sum, { cell }) => sum + computedPixels(cell, this.#resolution), 0);
    return this.#pixels === 0 ? Number.POSITIVE_INFINITY : (left * this.#seconds) / this.#pixels;
  }
}
