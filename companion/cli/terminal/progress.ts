/** ProgressDisplay: a line drawn in place on a terminal, and now and then a plain line in a log. */

import cliProgress, { type Params, type SingleBar } from 'cli-progress';
import type { Colours, Output } from './output.ts';

export interface ProgressDisplay {
  /**
   * Begins a phase, or goes on with it after `done` steps; the one before it is over.
   * @param unit how numbers are written, where they count something else than steps
   */
  begin(phase: string, total: number, done?: number, unit?: Unit): void;
  /** @param detail speed, loss, time left; the first part is the most important */
  update(done: number, detail: readonly string[]): void;
  /** Takes the line away, so that something else can be said. */
  end(): void;
}

/** @internal */
export type Unit = (value: number) => string;

export function createProgress(output: Output): ProgressDisplay {
  return output.live ? new ProgressLine(output) : new ProgressLog(output);
}

/** For a terminal that does not know its width, or says 0, as those of recordings and containers do. */
const DEFAULT_COLUMNS = 80;
/** Beyond this, a longer bar says nothing more. */
const MAX_BAR_CELLS = 36;
const MIN_BAR_CELLS = 8;
const FILLED = '━';
const PHASE_CELLS = 11;
/** `1.05 GB`: the bar should keep its length while bytes are counted. */
const UNIT_CELLS = 7;
/** ` · picture 10/64 · 12 min 05 s left · 4.2 steps/s`. */
const DETAIL_CELLS = 50;

class ProgressLine implements ProgressDisplay {
  readonly #output: Output;
  #bar: SingleBar | undefined;
  readonly #restore = (): void => {
    // A hidden cursor and switched-off line wrapping outlive the process.
    if (this.#bar !== undefined) this.#output.stderr.write('\x1b[?25h\x1b[?7h\n');
  };

  constructor(output: Output) {
    this.#output = output;
  }

  begin(phase: string, total: number, done = 0, unit: Unit = String): void {
    this.end();
    const { stderr, colours } = this.#output;
    this.#bar = new cliProgress.SingleBar({
      stream: stderr,
      hideCursor: true,
      clearOnComplete: true,
      // Its own handler would end the bar in the middle of a soft cancel.
      gracefulExit: false,
      format: (_, params, detail: { parts?: readonly string[] }) =>
        progressLine(
          phase,
          { ...params, unit },
          detail.parts ?? [],
          stderr.columns || DEFAULT_COLUMNS,
          colours,
        ),
    });
    process.once('exit', this.#restore);
    this.#bar.start(total, done, {});
  }

  update(done: number, parts: readonly string[]): void {
    this.#bar?.update(done, { parts });
  }

  end(): void {
    this.#bar?.stop();
    this.#bar = undefined;
    process.off('exit', this.#restore);
  }
}

/**
 * `Teaching   ━━━━━━━━━━━━━━━━━  62 %  93/150 · loss 0.123 · 4.2 steps/s · 14 s left`, cut to the terminal's width.
 *
 * @internal
 */
export function progressLine(
  phase: string,
  { value, total, progress, unit = String }: Pick<Params, 'value' | 'total' | 'progress'> & { unit?: Unit },
  parts: readonly string[],
  columns: number,
  colours: Colours,
): string {
  const of = unit(total);
  const width = unit === String ? of.length : Math.max(of.length, UNIT_CELLS);
  const numbers = `${String(Math.floor(progress * 100)).padStart(3)} %  ${unit(value).padStart(width)}/${of}`;
  const label = `  ${phase.padEnd(PHASE_CELLS)}`;
  const shown = parts.filter((part) => part !== '');
  const room = columns - 1 - label.length - 2 - numbers.length;
  // The bar keeps its length while the details change theirs. On a narrow terminal the last of them go first.
  const cells = Math.max(0, Math.min(MAX_BAR_CELLS, Math.max(MIN_BAR_CELLS, room - DETAIL_CELLS), room));
  while (shown.length > 0 && tail(shown).length > room - cells) shown.pop();
  const filled = Math.round(progress * cells);
  const bar = colours.isColorSupported
    ? colours.cyan(FILLED.repeat(filled)) + colours.dim(FILLED.repeat(cells - filled))
    : FILLED.repeat(filled) + '─'.repeat(cells - filled);
  return `${label}${bar}  ${numbers}${colours.dim(tail(shown))}`;
}

function tail(parts: readonly string[]): string {
  return parts.map((part) => ` · ${part}`).join('');
}

/** Plain lines in a log file: one as soon as it is known how long the work will take, then one for every tenth of it. */
class ProgressLog implements ProgressDisplay {
  readonly #output: Output;
  #phase = '';
  #total = 0;
  #tenths = 0;
  #foretold = false;
  #unit: Unit = String;

  constructor(output: Output) {
    this.#output = output;
  }

  begin(phase: string, total: number, done = 0, unit: Unit = String): void {
    this.#unit = unit;
    this.#phase = phase;
    this.#total = total;
    this.#tenths = Math.floor((10 * done) / total);
    this.#foretold = false;
  }

  update(done: number, parts: readonly string[]): void {
    const tenths = Math.floor((10 * done) / this.#total);
    const shown = parts.filter((part) => part !== '');
    if (tenths === this.#tenths && (this.#foretold || shown.length === 0)) return;
    this.#tenths = tenths;
    this.#foretold = true;
    const percent = String(Math.floor((100 * done) / this.#total)).padStart(3);
    const numbers = `${this.#unit(done)}/${this.#unit(this.#total)}`;
    this.#output.say(`${this.#phase} ${percent} %  ${numbers}${tail(shown)}`);
  }

  end(): void {}
}
