/** GenerateReport: a generation on a terminal, with previews where it can show them. */

import { relative } from 'node:path';
import { MASK_TROUBLE_ADVICE, MASK_TROUBLE_LABELS, maskTrouble } from '../../../shared/mask.ts';
import type { LocalGenerateEvent, TilePass } from '../../engine/events.ts';
import type { PreparingEvent } from '../../engine/generation/picture-sessions.ts';
import type { Picture } from '../../images/picture.ts';
import { computesOn } from '../../runtime/device.ts';
import { escapeControlCharacters } from './failure.ts';
import { formatNumberOf, formatPace, formatSeconds, formatTimeLeft } from './format.ts';
import type { Output } from './output.ts';
import { PreviewStrip, showsTrueColour } from './preview-strip.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';
import { unmatchedText } from './unmatched.ts';

const PREPARING: Readonly<Record<PreparingEvent['part'], string>> = {
  text: 'Preparing the text encoder',
  denoiser: 'Preparing the model',
  decoder: 'Preparing the decoder',
  packed: 'Preparing faster weights',
  upscaler: 'Enlarging',
};

const TILE_WORK: Readonly<Record<TilePass, string>> = {
  encoding: 'reading ',
  sampling: '',
  decoding: 'finishing ',
};

type StepEvent = Extract<LocalGenerateEvent, { type: 'step' }>;
type PictureEvent = Extract<LocalGenerateEvent, { type: 'picture' }>;

export interface GenerateReportOptions {
  readonly seed: number;
  /** Draw the pictures in the making, where the terminal can. */
  readonly preview: boolean;
}

export class GenerateReport {
  readonly #output: Output;
  readonly #options: GenerateReportOptions;
  readonly #progress: ProgressDisplay;
  readonly #pictures: PictureEvent[] = [];
  #strip: PreviewStrip | undefined;
  #current = -1;

  constructor(output: Output, options: GenerateReportOptions) {
    this.#output = output;
    this.#options = options;
    this.#progress = createProgress(output);
  }

  async show(event: LocalGenerateEvent): Promise<void> {
    const { bold, dim } = this.#output.colours;
    switch (event.type) {
      case 'model': {
        const where = `on ${computesOn(event)}, ${event.resolution} px, seed ${this.#options.seed}`;
        this.#output.say(`${bold(event.name)} ${where}`);
        for (const note of event.notes) this.#output.warn(note);
        return;
      }
      case 'lora': {
        const { name, weight, layers, unmatched, settings } = event;
        this.#output.say(`With ${bold(name)} at ${weight}, on ${formatNumberOf(layers, 'layer')}`);
        if (settings !== undefined) {
          this.#output.say(
            dim(`  Its settings: ${settings}; --steps, --guidance, --sampler and --spacing change them.`),
          );
        }
        if (unmatched.length > 0) this.#output.warn(unmatchedText(name, unmatched));
        return;
      }
      case 'prompt':
        this.#output.say(dim(`The model reads: ${escapeControlCharacters(event.text)}`));
        if (event.truncated > 0) {
          const dropped = `the last ${formatNumberOf(event.truncated, 'token')} did not fit`;
          this.#output.warn(`the prompt is too long, ${dropped}: "${event.droppedText.trim()}"`);
        }
        if (event.negativePromptHint !== undefined) this.#output.warn(event.negativePromptHint);
        for (const note of event.notes) this.#output.warn(note);
        return;
      case 'preparing':
        // Between two pictures it takes a moment, and the bar says more.
        if (this.#current === -1) this.#output.say(dim(PREPARING[event.part]));
        return;
      case 'step':
        await this.#showStep(event);
        return;
      case 'picture':
        this.#pictures.push(event);
        await this.#strip?.draw(event.picture, event.image, true);
        return;
    }
  }

  /** Number of pictures that are complete. */
  get made(): number {
    return this.#pictures.length;
  }

  /** The step under way may take seconds. */
  showStopping(): void {
    this.#progress.end();
    this.#output.say('Stopping after this step; Ctrl-C again stops at once.');
  }

  /** Lists the pictures, also when the work was cut short. */
  close(): void {
    this.#progress.end();
    this.#strip?.close();
    if (this.#pictures.length === 0) return;
    const { green, yellow } = this.#output.colours;
    const seconds = this.#pictures.reduce((sum, picture) => sum + picture.seconds, 0);
    const complete = this.#pictures.length === this.#pictures[0]!.count;
    const made = `${formatNumberOf(this.#pictures.length, 'picture')} in ${formatSeconds(seconds)}`;
    this.#output.say(`${complete ? green('✓') : yellow('◦')} ${made}`);
    for (const picture of this.#pictures) this.#showPicture(picture);
    this.#showMaskTroubles();
  }

  async #showStep(event: StepEvent): Promise<void> {
    // Those of a batch begin one after the other, and then take turns.
    if (event.picture > this.#current) this.#beginPicture(event);
    const total = event.count * event.steps;
    const done = Math.round(event.fraction * total);
    const remaining = total - done;
    await this.#strip?.draw(event.picture, event.preview, false);
    this.#progress.update(done, [
      placeOf(event),
      remaining > 0 ? formatTimeLeft(event.secondsLeft) : '',
      remaining > 0 ? formatPace(remaining / event.secondsLeft) : '',
    ]);
  }

  #beginPicture({ picture, count, steps, fraction, preview }: StepEvent): void {
    const first = this.#current === -1;
    this.#current = picture;
    this.#strip ??= this.#openStrip(count, preview);
    const opens = this.#strip?.beginsLine(picture) ?? false;
    if (opens) {
      this.#progress.end();
      this.#strip?.open();
    }
    // A bar that was taken away for new room goes on where it stood.
    if (first || opens) this.#progress.begin('Sampling', count * steps, Math.round(fraction * count * steps));
  }

  #openStrip(count: number, { width, height }: Picture): PreviewStrip | undefined {
    const { preview } = this.#options;
    if (!preview || !this.#output.live || !showsTrueColour(process.env)) return undefined;
    return new PreviewStrip(this.#output.stderr, { count, aspect: height / width });
  }

  #showPicture({ seed, file, product }: PictureEvent): void {
    const { dim } = this.#output.colours;
    const place = file === undefined ? 'not saved' : shortest(file);
    this.#output.say(`  ${place}${dim(`  seed ${seed}`)}`);
    if (product === undefined) return;
    const changed = formatNumberOf(product.changedPixels, 'pixel');
    this.#output.say(
      dim(`    ${changed} of the product changed, light from ${product.lightDegrees} degrees`),
    );
    for (const layer of product.layers) {
      if (layer.file !== undefined) this.#output.say(dim(`    ${layer.name}: ${shortest(layer.file)}`));
    }
  }

  #showMaskTroubles(): void {
    const troubles = this.#pictures.flatMap(({ masks, seed }) =>
      masks.flatMap((mask) => {
        const trouble = maskTrouble(mask, mask.confidence);
        return trouble === undefined ? [] : [{ trouble, concept: mask.concept, seed }];
      }),
    );
    for (const { trouble, concept, seed } of troubles) {
      this.#output.warn(`seed ${seed}, @${concept}: ${MASK_TROUBLE_LABELS[trouble].toLowerCase()}`);
    }
    for (const trouble of new Set(troubles.map((one) => one.trouble))) {
      this.#output.say(MASK_TROUBLE_ADVICE[trouble]);
    }
  }
}

/** The picture under way, or those that are made side by side. */
function placeOf({ picture, count, tile, batch }: StepEvent): string {
  if (tile !== undefined) return `${TILE_WORK[tile.pass]}tile ${tile.index + 1}/${tile.count}`;
  if (batch === undefined) return `picture ${picture + 1}/${count}`;
  return `pictures ${batch.first + 1}-${batch.first + batch.pictures}/${count}`;
}

function shortest(file: string): string {
  const fromHere = relative(process.cwd(), file);
  return fromHere !== '' && !fromHere.startsWith('..') && fromHere.length < file.length ? fromHere : file;
}
