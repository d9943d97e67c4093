/** PullReport: a pull on a terminal. */

import prettyBytes from 'pretty-bytes';
import { PROGRAM } from '../../../shared/errors.ts';
import type { PullEvent, PulledEvent } from '../../model-store/pull/pull-events.ts';
import { formatNumberOf, formatSeconds, formatSpeed, formatTimeLeft } from './format.ts';
import type { Output } from './output.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';

export class PullReport {
  readonly #output: Output;
  readonly #progress: ProgressDisplay;
  #totalBytes = 0;
  #doneBytes = 0;
  #isDrawing = false;
  #cached = 0;

  constructor(output: Output) {
    this.#output = output;
    this.#progress = createProgress(output);
  }

  /** Bytes of weights that are on the disk, of how many. */
  get transferred(): { readonly bytes: number; readonly totalBytes: number } {
    return { bytes: this.#doneBytes, totalBytes: this.#totalBytes };
  }

  show(event: PullEvent): void {
    switch (event.type) {
      case 'repository':
        this.#say(`${this.#output.colours.bold(event.repository)}, licence ${event.licence ?? 'not stated'}`);
        return;
      case 'fast-decoder':
        this.#say(`With the small decoder of ${event.repository}, licence ${event.licence ?? 'not stated'}`);
        return;
      case 'no-fast-decoder':
        this.#say(`Without the small decoder of ${event.repository}: ${event.reason}`);
        return;
      case 'precision':
        this.#say(`${event.component}: there are no ${event.wished} weights, so ${event.got} is fetched.`);
        return;
      case 'weights': {
        const resumed =
          event.receivedBytes > 0 ? `, ${prettyBytes(event.receivedBytes)} of them here already` : '';
        this.#say(
          `Weights: ${formatNumberOf(event.files, 'file')}, ${prettyBytes(event.sizeBytes)}${resumed}`,
        );
        this.#totalBytes = event.sizeBytes;
        this.#doneBytes = event.receivedBytes;
        return;
      }
      case 'progress':
        this.#doneBytes = event.bytes;
        this.#draw();
        this.#progress.update(event.bytes, [
          event.bytes < event.totalBytes ? formatTimeLeft(event.secondsLeft) : '',
          formatSpeed(event.bytesPerSecond),
        ]);
        return;
      case 'checking':
        this.#progress.update(this.#doneBytes, [`checking ${event.path}`]);
        return;
      case 'kept':
        this.#say(this.#output.colours.dim(`${event.path} is here already`));
        return;
      case 'cached':
        this.#cached++;
        return;
      case 'fetched':
        return;
      case 'waiting':
        this.#say(`${event.reason}; trying again in ${formatSeconds(event.waitMs / 1000)}`);
        return;
      case 'wrong':
        this.#say(`${event.path} came with wrong bytes; fetching it once more`);
        return;
      case 'pulled':
        this.#progress.end();
        this.#showPulled(event);
        return;
    }
  }

  showStopping(): void {
    this.close();
    this.#output.say('Stopping; Ctrl-C again stops at once.');
  }

  /** Takes the progress line away, whatever happened. */
  close(): void {
    this.#progress.end();
    this.#isDrawing = false;
  }

  #draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    this.#progress.begin('Fetching', this.#totalBytes, this.#doneBytes, prettyBytes);
  }

  #say(text: string): void {
    this.close();
    this.#output.say(text);
  }

  #showPulled({ name, folder, parameters, fetched, files, hosts }: PulledEvent): void {
    const { green, bold, dim } = this.#output.colours;
    const what = fetched === 0 ? `all ${files} files were right` : `${fetched} of ${files} files fetched`;
    this.#output.say(
      `${green('✓')} ${bold(name)}: ${what}, ${parameters === 0 ? 'it is there' : `all ${parameters} parameters are there`}`,
    );
    this.#output.say(`  ${folder}`);
    if (this.#cached > 0) {
      this.#output.say(dim(`  From the cache: ${formatNumberOf(this.#cached, 'file')}`));
    }
    this.#output.say(dim(`  Asked: ${hosts.join(', ') || 'nobody'}`));
    this.#output.say(dim(`  Next: ${PROGRAM} teach photos/ --name aurora --class bottle --model ${name}`));
  }
}
