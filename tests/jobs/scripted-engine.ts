/** An engine that does what a test says, without a model: every run waits to be let on. */

import type { GenerateEvent, ProductReport, TeachEvent } from '../../companion/engine/events.ts';
import type { GenerateRequest, TeachRequest } from '../../companion/engine/requests.ts';
import { openReferences } from '../../companion/engine/teaching/teach.ts';
import { encodePng } from '../../companion/images/encode.ts';
import { plainPicture } from '../../companion/images/picture.ts';
import type { Engine } from '../../companion/jobs/runs/context.ts';
import type { Checkpointing } from '../../companion/training/training-graph.ts';
import { readSavedRun, saveTrainingState } from '../../companion/training/training-state.ts';
import { LikenessError } from '../../shared/errors.ts';
import { smallConcept } from '../library/small-concept.ts';

const STEPS = 4;

/** Layers around a product, all with the picture's bytes. */
function scriptedScene(png: Uint8Array): ProductReport {
  const below = { blend: 'NORMAL', opacity: 1, png, file: undefined } as const;
  const layers = [
    { ...below, name: 'scene' },
    { ...below, name: 'shadow', blend: 'MULTIPLY', opacity: 0.8 },
    { ...below, name: 'product' },
  ] as const;
  return { changedPixels: 0, isOwnSize: true, lightDegrees: 20, layers };
}

export class ScriptedEngine implements Engine {
  readonly requests: (TeachRequest | GenerateRequest)[] = [];
  readonly prepared: GenerateRequest[] = [];
  /** Whether runs go through without waiting for `letOn`. */
  free: boolean;
  /** Thrown by the next run, after its first step. */
  crash: Error | undefined;
  /** Steps of teaching that were done, in all runs. */
  stepsDone = 0;
  /** What the next teaching has to do twice for want of memory. */
  checkpointing: Checkpointing = 'none';
  #letOn: () => void = () => {};

  constructor(free = true) {
    this.free = free;
  }

  /** Ends the wait of the run that is under way. */
  letOn(): void {
    this.#letOn();
  }

  async *teach(request: TeachRequest): AsyncGenerator<TeachEvent, void> {
    this.requests.push(request);
    const saved = await readSavedRun(request.stateFile);
    yield { type: 'model', name: 'nano', device: 'cpu', precision: 'fp32', resolution: 16, notes: [] };
    const findings = [{ code: 'blurred', severity: 'hint', advice: 'Take a sharper one.' }] as const;
    for (const [index, { name: file }] of (await openReferences(request.references)).entries()) {
      yield {
        type: 'frame',
        file,
        index,
        total: request.references.length,
        findings: index === 0 ? findings : [],
      };
    }
    const plan = { microBatchSize: 4, checkpointing: this.checkpointing, estimatedBytes: 2 ** 30 };
    yield { type: 'memory-plan', plan };
    yield { type: 'preparing', done: 1, total: 1 };
    for (let step = 1 + (saved?.step ?? 0); step <= STEPS; step++) {
      await this.#wait(request.signal);
      this.stepsDone++;
      const secondsLeft = step === 1 ? Number.POSITIVE_INFINITY : STEPS - step;
      const loss = 1 / step;
      const pace = { steps: STEPS, loss, smoothedLoss: loss, stepsPerSecond: 1, secondsLeft };
      yield { type: 'step', step, ...pace };
      this.#mayCrash();
    }
    const { name, seed, classWord, rights = {} } = request;
    const concept = smallConcept(name, seed, { classWord, rights });
    const nothing = {
      tokenEmbeddings: undefined,
      probe: undefined,
      moments: undefined,
      probeMoments: undefined,
      lossScale: undefined,
    };
    const state = { step: STEPS, factors: concept.factors, ...nothing, losses: [] };
    await saveTrainingState(request.stateFile, state, { fingerprint: 'scripted', steps: STEPS });
    const sample = plainPicture(4, 4, [1, 2, 3]);
    yield { type: 'taught', concept, seconds: 1, finalLoss: 0.1, sample };
  }

  async *generate(request: GenerateRequest): AsyncGenerator<GenerateEvent, void> {
    this.requests.push(request);
    const { count } = request;
    const preview = plainPicture(4, 4, [1, 2, 3]);
    const image = plainPicture(32, 16, [4, 5, 6]);
    yield { type: 'model', name: 'nano', device: 'cpu', precision: 'fp32', resolution: 16, notes: [] };
    const { batchSize = 1 } = request;
    for (let picture = 0; picture < count; picture++) {
      const pictures = Math.min(batchSize, count - picture);
      for (let step = 1; step <= STEPS && picture % batchSize === 0; step++) {
        await this.#wait(request.signal);
        const fraction = (picture * STEPS + pictures * step) / (count * STEPS);
        const standing = { count, step, steps: STEPS, fraction, secondsLeft: 1, preview };
        const batch = pictures > 1 ? { batch: { first: picture, pictures } } : {};
        for (let index = 0; index < pictures; index++) {
          yield { type: 'step', picture: picture + index, ...standing, ...batch };
        }
        this.#mayCrash();
      }
      const seed = request.seed + picture;
      const png = await encodePng(image);
      const mask = { concept: 'aurora', rows: 1, columns: 2, values: Float32Array.of(0, 1), confidence: 0.8 };
      const size = { width: image.width, height: image.height };
      yield {
        type: 'picture',
        picture,
        count,
        seed,
        ...size,
        png,
        masks: [mask],
        seconds: 1,
        file: undefined,
        ...(request.product && { product: scriptedScene(png) }),
      };
    }
  }

  async prepare(request: GenerateRequest): Promise<void> {
    this.prepared.push(request);
  }

  #mayCrash(): void {
    const { crash } = this;
    this.crash = undefined;
    if (crash !== undefined) throw crash;
  }

  async #wait(signal: AbortSignal | undefined): Promise<void> {
    const stop = () => new LikenessError('cancelled', 'stopped between two steps');
    if (signal?.aborted) throw stop();
    if (this.free) return;
    await new Promise<void>((resolve, reject) => {
      this.#letOn = resolve;
      signal?.addEventListener('abort', () => reject(stop()), { once: true });
    });
  }
}
