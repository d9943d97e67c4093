/**
 * TeachReport: teaching on a terminal; and the errors of a run that was interrupted, with what is kept and the command
 * that goes on from there.
 */

import { existsSync } from 'node:fs';
import { basename } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { adviceFor, LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { FrameFinding } from '../../../shared/frame-advice.ts';
import { likenessVerdict, NOT_YET, notYetAdvice } from '../../../shared/likeness.ts';
import type { TeachEvent } from '../../engine/events.ts';
import type { TeachRequest } from '../../engine/requests.ts';
import { shellCommand } from '../../library/shell-command.ts';
import { FULL_SIZE_MODEL } from '../../model-store/catalogue-entries.ts';
import { computesOn } from '../../runtime/device.ts';
import type { MemoryPlan } from '../../training/memory-plan.ts';
import { readSavedRun } from '../../training/training-state.ts';
import type { KeptConcept } from '../kept-concept.ts';
import { escapeControlCharacters } from './failure.ts';
import { formatNumberOf, formatPace, formatSeconds, formatTimeLeft } from './format.ts';
import type { Output } from './output.ts';
import { createProgress, type ProgressDisplay } from './progress.ts';

export type ReportedTeachEvent = Exclude<TeachEvent, { type: 'taught' }> | KeptConcept;

type FrameEvent = Extract<TeachEvent, { type: 'frame' }>;

export class TeachReport {
  readonly #output: Output;
  readonly #progress: ProgressDisplay;
  readonly #limitOf: (hasBackground: boolean) => string | undefined;
  readonly #isDemonstration: boolean;
  readonly #frames: FrameEvent[] = [];
  #phase: 'preparing' | 'step' | undefined;
  #begunAt = 0;
  #step = 0;

  /**
   * @param limitOf the limit of the model for this product, where it has one that people should know before it is taught
   * @param isDemonstration true for a model that only shows how Likeness works
   */
  constructor(
    output: Output,
    limitOf: (hasBackground: boolean) => string | undefined = () => undefined,
    isDemonstration = false,
  ) {
    this.#output = output;
    this.#limitOf = limitOf;
    this.#isDemonstration = isDemonstration;
    this.#progress = createProgress(output);
  }

  /** The last step that was done. */
  get step(): number {
    return this.#step;
  }

  show(event: ReportedTeachEvent): void {
    const { colours } = this.#output;
    switch (event.type) {
      case 'model':
        this.#output.say(`${colours.bold(event.name)} on ${computesOn(event)}, ${event.resolution} px`);
        for (const note of event.notes) this.#output.warn(note);
        return;
      case 'frame':
        this.#frames.push(event);
        if (this.#frames.length === event.total) this.#showFindings();
        return;
      case 'memory-plan':
        if (event.plan.checkpointing !== 'none') this.#output.say(slowedByMemory(event.plan));
        return;
      case 'memory-short':
        this.#progress.end();
        this.#phase = undefined;
        this.#output.say(goingOnWith(event.plan));
        return;
      case 'preparing':
        this.#enter('preparing', 'Preparing', event.total);
        this.#progress.update(event.done, []);
        if (event.done === event.total) this.#showPrepared();
        return;
      case 'resumed':
        this.#progress.end();
        this.#step = event.step;
        this.#output.say(
          `Going on after step ${event.step} of ${event.steps}, where the last run was saved.`,
        );
        return;
      case 'step':
        this.#enter('step', 'Teaching', event.steps, event.step - 1);
        this.#step = event.step;
        this.#progress.update(event.step, [
          `loss ${event.smoothedLoss.toFixed(3)}`,
          event.step < event.steps ? formatTimeLeft(event.secondsLeft) : '',
          formatPace(event.stepsPerSecond),
        ]);
        return;
      case 'saved':
        return;
      case 'taught':
        this.#progress.end();
        this.#showTaught(event);
        return;
    }
  }

  /** The step under way may take seconds. */
  showStopping(): void {
    this.#progress.end();
    this.#output.say('Stopping after this step, and saving the run; Ctrl-C again stops at once.');
  }

  /** Takes the progress line away, whatever happened. */
  close(): void {
    this.#progress.end();
  }

  #enter(phase: 'preparing' | 'step', name: string, total: number, done = 0): void {
    if (this.#phase === phase) return;
    this.#phase = phase;
    this.#begunAt = performance.now();
    this.#progress.begin(name, total, done);
  }

  #showPrepared(): void {
    this.#progress.end();
    const seconds = (performance.now() - this.#begunAt) / 1000;
    const frames = formatNumberOf(this.#frames.length, 'picture');
    this.#output.say(`${this.#output.colours.green('✓')} Prepared ${frames} in ${formatSeconds(seconds)}`);
  }

  #showFindings(): void {
    const { colours } = this.#output;
    const byAdvice = new Map<string, { finding: FrameFinding; files: string[] }>();
    for (const { file, findings } of this.#frames) {
      for (const finding of findings) {
        const entry = byAdvice.get(finding.advice) ?? { finding, files: [] };
        entry.files.push(escapeControlCharacters(basename(file)));
        byAdvice.set(finding.advice, entry);
      }
    }
    for (const { finding, files } of byAdvice.values()) {
      const which = files.length === this.#frames.length ? `${frameCount(files.length)}` : files.join(', ');
      if (finding.severity === 'problem') this.#output.warn(`${which}: ${finding.advice}`);
      else this.#output.say(colours.dim(`${which}: ${finding.advice}`));
    }
    const findings = this.#frames.flatMap((frame) => frame.findings);
    const hasBackground = findings.some(({ code }) => code === 'own-background');
    if (hasBackground) this.#output.say(colours.dim(`  ${CUT_OUT_COMMANDS}`));
    const limit = this.#limitOf(hasBackground);
    if (limit === undefined) return;
    this.#output.warn(limit);
    this.#output.say(`  A full-size model draws your product: ${FULL_SIZE_COMMANDS}`);
  }

  #showTaught(event: KeptConcept): void {
    const { green, yellow, bold, dim } = this.#output.colours;
    const version = event.version === undefined || event.version === 1 ? '' : `, version ${event.version}`;
    const left = formatNumberOf(event.skippedSteps ?? 0, 'step');
    const skipped = event.skippedSteps ? `, ${left} left out that overflowed in half precision` : '';
    const figures = `${formatSeconds(event.seconds)}, loss ${event.finalLoss.toFixed(3)}, ${prettyBytes(event.sizeBytes)}${skipped}`;
    const { likeness } = event;
    const isNotYet = likeness !== undefined && likenessVerdict(likeness) === 'not-yet';
    const taught = `Taught ${bold(`@${event.name}`)}${version} (${event.identifier} ${event.classWord}): ${figures}`;
    if (isNotYet)
      this.#output.say(
        `${yellow('!')} ${taught}. But ${NOT_YET.charAt(0).toLowerCase()}${NOT_YET.slice(1)}.`,
      );
    else this.#output.say(`${green('✓')} ${taught}`);
    this.#output.say(`  ${event.file}`);
    const kept = Object.entries(event.kept ?? {}).map(
      ([field, text]) => `${field} "${escapeControlCharacters(text)}"`,
    );
    if (kept.length > 0) this.#output.say(`  Kept from the version before: ${kept.join(', ')}`);
    if (event.keptReferences) {
      const pictures = formatNumberOf(event.keptReferences, 'picture');
      const forget = `${PROGRAM} concepts forget-references ${event.name}`;
      this.#output.say(dim(`  Kept to teach it again from: ${pictures}. To delete them: ${forget}`));
    }
    if (isNotYet) this.#showNotYet();
    this.#output.say(dim(`  Next: ${PROGRAM} generate "@${event.name} on a beach"`));
  }

  #showNotYet(): void {
    for (const sentence of notYetAdvice({ isDemonstration: this.#isDemonstration })) {
      this.#output.say(`  ${sentence}`);
    }
    if (this.#isDemonstration) this.#output.say(`  To get one: ${FULL_SIZE_COMMANDS}`);
  }
}

const CUT_OUT_COMMANDS = `--cut-out does that here; ${PROGRAM} models pull matting fetches what it needs, once.`;

const FULL_SIZE_COMMANDS = `${PROGRAM} models pull ${FULL_SIZE_MODEL}, then teach with --model ${FULL_SIZE_MODEL}`;

function slowedByMemory({ checkpointing, estimatedBytes }: MemoryPlan): string {
  const what = checkpointing === 'attention' ? 'attention is' : 'most of a step is';
  const needed = prettyBytes(estimatedBytes);
  return `Little memory is free: ${what} computed twice, which takes longer and needs ${needed}.`;
}

function goingOnWith({ microBatchSize, estimatedBytes }: MemoryPlan): string {
  const way = `${formatNumberOf(microBatchSize, 'sample')} at a time`;
  return `Memory ran out: going on with ${way}, which takes longer and needs ${prettyBytes(estimatedBytes)}.`;
}

function frameCount(count: number): string {
  return count === 1 ? 'the frame' : `all ${formatNumberOf(count, 'frame')}`;
}

/** @param step the last one that was done in this command; 0 where it came to none */
export async function describeInterruption(
  { stateFile }: TeachRequest,
  step: number,
  error: LikenessError,
): Promise<LikenessError> {
  const { code, message, advice = adviceFor(code) } = error;
  const command = process.argv.slice(2);
  if (code === 'cancelled') return stopped(stateFile, step, error);
  if (code === 'saved-run') {
    // Before the pictures, which a `--` may stand in front of.
    const anew = command.flatMap((word) => (word === 'teach' ? [word, '--fresh'] : [word]));
    return new LikenessError(code, `${stateFile}: ${message}`, {
      advice: `To start anew: ${shellCommand(anew)}`,
      cause: error,
    });
  }
  // A number that is wrong is wrong the next time too.
  const saved = step === 0 || code === 'input' ? undefined : await readSavedRun(stateFile);
  if (saved === undefined) return error;
  const kept = `${saved.step} of ${saved.steps} steps are saved in ${stateFile}.`;
  const goOn = `To go on from there, run the same command again: ${shellCommand(command)}`;
  return new LikenessError(code, message, { advice: `${advice} ${kept} ${goOn}`, cause: error });
}

function stopped(stateFile: string, step: number, cause: LikenessError): LikenessError {
  if (!existsSync(stateFile)) {
    return new LikenessError('cancelled', 'stopped before the first step; nothing was saved', { cause });
  }
  const how =
    step === 0 ? 'stopped before it went on; the earlier run is' : `stopped after step ${step}; the run is`;
  return new LikenessError('cancelled', `${how} saved in ${stateFile}`, {
    advice: `To go on, run the same command again: ${shellCommand(process.argv.slice(2))}`,
    cause,
  });
}
