/**
 * AdamW (Loshchilov and Hutter 2019, arXiv 1711.05101, algorithm 2), with PyTorch's semantics: the weight
 * decay is scaled by the learning rate, and epsilon is added after the bias correction.
 */

import type { ParameterMap } from '../adapters/factors.ts';

/** State that a resumed run continues from exactly. The arrays are the live ones: copy them to keep them. */
export interface AdamWState {
  /** Steps taken. */
  readonly step: number;
  /** Moving averages of the gradients (m) and of their squares (v), by parameter name. */
  readonly first: ParameterMap;
  readonly second: ParameterMap;
}

export interface AdamWOptions {
  /** The gradients of a step are scaled down together so that their joint L2 norm is at most this. */
  readonly clipNorm?: number;
}

const [BETA_1, BETA_2] = [0.9, 0.999];
const EPSILON = 1e-8;

/** Optimizer of parameters by name, which it changes in place. */
export class AdamW {
  readonly #parameters: ParameterMap;
  readonly #weightDecay: number;
  readonly #clipNorm: number;
  readonly #first: ParameterMap;
  readonly #second: ParameterMap;
  #step: number;

  /**
   * @param parameters changed in place by every step
   * @param state of an earlier optimizer over the same parameters; its arrays are used on
   */
  constructor(parameters: ParameterMap, weightDecay: number, state?: AdamWState, options: AdamWOptions = {}) {
    this.#parameters = parameters;
    this.#weightDecay = weightDecay;
    this.#clipNorm = options.clipNorm ?? Number.POSITIVE_INFINITY;
    this.#step = state?.step ?? 0;
    this.#first = fitting(parameters, state?.first);
    this.#second = fitting(parameters, state?.second);
  }

  /** The live arrays, not copies. */
  state(): AdamWState {
    return { step: this.#step, first: this.#first, second: this.#second };
  }

  /**
   * One step. Every parameter needs its gradient, of its length.
   * @param learningRate γ_t, or one for each parameter
   * @returns the gradients' joint L2 norm before clipping
   */
  step(gradients: ParameterMap, learningRate: number | ((name: string) => number)): number {
    const norm = jointNorm(this.#parameters.keys(), gradients);
    const scale = norm > this.#clipNorm ? this.#clipNorm / norm : 1;
    this.#step += 1;
    const correction1 = 1 - BETA_1 ** this.#step;
    const deviation = 1 / Math.sqrt(1 - BETA_2 ** this.#step);
    for (const [name, theta] of this.#parameters) {
      const rate = typeof learningRate === 'number' ? learningRate : learningRate(name);
      const gradient = valuesOf(gradients, name, theta.length);
      const [m, v] = [this.#first.get(name)!, this.#second.get(name)!];
      const decay = 1 - rate * this.#weightDecay;
      const stride = rate / correction1;
      // One read and one write of each array, one division and one root an element: a third of the plain form's time.
      for (let i = 0; i < theta.length; i++) {
        const g = scale * gradient[i]!;
        const mean = BETA_1 * m[i]! + (1 - BETA_1) * g;
        const square = BETA_2 * v[i]! + (1 - BETA_2) * g * g;
        m[i] = mean;
        v[i] = square;
        theta[i] = theta[i]! * decay - (stride * mean) / (Math.sqrt(square) * deviation + EPSILON);
      }
    }
    return norm;
  }
}

function jointNorm(names: Iterable<string>, gradients: ParameterMap): number {
  let sum = 0;
  for (const name of names) {
    const gradient = gradients.get(name) ?? [];
    // By index: an iterator over a typed array takes several times as long.
    for (let i = 0; i < gradient.length; i++) sum += gradient[i]! * gradient[i]!;
  }
  return Math.sqrt(sum);
}

/** The given moments, or zeros where there are none yet. */
function fitting(parameters: ParameterMap, moments: ParameterMap | undefined): ParameterMap {
  return new Map(
    [...parameters].map(([name, { length }]) => [
      name,
      moments === undefined ? new Float32Array(length) : valuesOf(moments, name, length),
    ]),
  );
}

function valuesOf(values: ParameterMap, name: string, length: number): Float32Array {
  const found = values.get(name);
  if (found?.length === length) return found;
  throw new Error(`internal: ${name} has ${found?.length ?? 'no'} values, its parameter has ${length}`);
}
