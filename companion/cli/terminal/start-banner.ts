/** StartBanner of `likeness start`: the studio's address, the code that connects, and how the plugin comes into Figma. */

import { PAIRING_CODE_DIGITS } from '../../../shared/protocol/ids.ts';
import type { Companion } from '../../server/companion.ts';
import { serverAddress } from '../../server/own-address.ts';
import { formatNumberOf } from './format.ts';
import type { Output } from './output.ts';

export class StartBanner {
  readonly #output: Output;
  /** Path of the plugin's manifest. */
  readonly #manifest: string;
  /** Shown with the rest; later ones on lines of their own. */
  #code: string | undefined;
  #shown = false;

  constructor(output: Output, manifest: string) {
    this.#output = output;
    this.#manifest = manifest;
  }

  showCode(digits: string): void {
    this.#output.event({ type: 'pairing-code', code: digits });
    this.#code = digits;
    const { bold, dim } = this.#output.answerColours;
    if (!this.#shown) return;
    const isLong = digits.length > PAIRING_CODE_DIGITS;
    const why = isLong ? dim('   long, since wrong ones were tried; the last one is void') : '';
    this.#output.answer(`  ${dim('New code')}      ${bold(spaced(digits))}${why}`);
  }

  show({ port, modelName, unfinishedJobs }: Companion): void {
    this.#shown = true;
    const studio = serverAddress(port);
    this.#output.event({ type: 'listening', port, studio, manifest: this.#manifest, model: modelName });
    const { bold, dim, cyan, green } = this.#output.answerColours;
    const jobs = formatNumberOf(unfinishedJobs, 'unfinished job');
    const lines = [
      '',
      `  ${green('●')} ${bold('Likeness')} is running ${dim(`with ${modelName}, on this computer alone`)}`,
      '',
      `  ${dim('Studio')}        ${bold(cyan(studio))}`,
      `  ${dim('Pairing code')}  ${bold(spaced(this.#code!))}   ${dim('for ten minutes, once; type it into the plugin or the studio')}`,
      ...(unfinishedJobs === 0 ? [] : [`  ${dim('Jobs')}          ${jobs} from before: going on`]),
      '',
      `  ${bold('In the Figma desktop app, once')}`,
      `  ${cyan('1')}  Plugins → Development → Import plugin from manifest…`,
      `  ${cyan('2')}  Choose ${bold(this.#manifest)}`,
      `  ${cyan('3')}  Plugins → Development → Likeness, and type the code`,
      '',
      `  ${dim(process.stdin.isTTY ? 'Enter: a new code   Ctrl-C: stop' : 'Ctrl-C: stop')}`,
      '',
    ];
    this.#output.answer(lines.join('\n'));
  }

  showStopping(): void {
    this.#output.say(
      this.#output.colours.dim('  stopping: saving what is under way (Ctrl-C again: at once)'),
    );
  }

  /** @param removed everything that was kept is gone */
  showStopped(removed: boolean): void {
    this.#output.event({ type: 'stopped' });
    const words = removed
      ? 'stopped; everything it had kept is removed'
      : 'stopped; jobs go on at the next start';
    this.#output.say(this.#output.colours.dim(`  ${words}`));
  }
}

/** "123 456": read off in breaths. The plugin takes it with or without spaces. */
function spaced(digits: string): string {
  return digits.replace(/\d{3}(?=\d)/g, '$& ');
}
