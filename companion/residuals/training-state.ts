/**
 * A training run as it stands after some step, in memory and on disk (safetensors, float32: a resumed run must go
 * on from the very same numbers).
 */

import { LikenessError } from '../../shared/errors.ts';
import { openSafetensors, readFloat32 } from '../checkpoint/safetensors-file.ts';
import { writeSafetensors } from '../checkpoint/safetensors-writer.ts';
import type { AdamWState, Named } from './adamw.ts';
import { factorNames } from './attach.ts';
import type { Factors } from './factors.ts';
import { type ObjectProbe, probeParameters } from './object-probe.ts';
import { STEP_KEY, STEPS_KEY } from './saved-run.ts';
import { trainingNames } from './training-graph.ts';

export interface TrainingState {
  /** Steps done. */
  step: number;
  readonly factors: Factors;
  /** [hiddenSize]; undefined where no token embedding is learned. */
  readonly tokenEmbedding: Float32Array | undefined;
  /** Undefined where no reference tells the object from what surrounds it. */
  readonly probe: ObjectProbe | undefined;
  /** Undefined before the first step. */
  moments: AdamWState | undefined;
  /** Undefined before the first step, and without a probe. */
  probeMoments: AdamWState | undefined;
  /** Loss of every step done, for the curve. */
  readonly losses: number[];
}

/** The learned arrays by their names in the training graph. The live arrays, not copies. */
export function learnedParameters({ factors, tokenEmbedding }: TrainingState): Named {
  const learned = new Map<string, Float32Array>();
  for (const [path, { down, up }] of factors) {
    const names = factorNames(0, path);
    learned.set(names.down, down).set(names.up, up);
  }
  if (tokenEmbedding !== undefined) learned.set(trainingNames.tokenEmbedding, tokenEmbedding);
  return learned;
}

/** Raised when what a run learns changes: an older state lacks what a newer run needs. */
const STATE_VERSION = '2';

const PREFIXES = { value: 'value:', first: 'first:', second: 'second:' } as const;

export interface TrainingRun {
  /** Of everything that decides the run (settings, references, model): a state is only taken up by a run with the same. */
  readonly fingerprint: string;
  /** In all. */
  readonly steps: number;
}

export async function saveTrainingState(
  path: string,
  state: TrainingState,
  { fingerprint, steps }: TrainingRun,
): Promise<void> {
  const tensors = new Map<string, { dtype: 'F32'; shape: number[]; data: Float32Array }>();
  const put = (prefix: string, values: Named) => {
    for (const [name, data] of values)
      tensors.set(prefix + name, { dtype: 'F32', shape: [data.length], data });
  };
  put(PREFIXES.value, learnedParameters(state));
  if (state.probe !== undefined) put(PREFIXES.value, probeParameters(state.probe));
  for (const moments of [state.moments, state.probeMoments]) {
    if (moments === undefined) continue;
    put(PREFIXES.first, moments.first);
    put(PREFIXES.second, moments.second);
  }
  tensors.set('losses', {
    dtype: 'F32',
    shape: [state.losses.length],
    data: Float32Array.from(state.losses),
  });
  await writeSafetensors(path, tensors, {
    'likeness.training_state': STATE_VERSION,
    [STEP_KEY]: String(state.step),
    [STEPS_KEY]: String(steps),
    'likeness.fingerprint': fingerprint,
  });
}

/**
 * Fills `initial` (a fresh state of the same run) from the file and returns it.
 * @throws LikenessError `input` when the file belongs to another run, `checkpoint-format` when it is damaged
 */
export async function loadTrainingState(
  path: string,
  initial: TrainingState,
  fingerprint: string,
): Promise<TrainingState> {
  const file = await openSafetensors(path);
  const { 'likeness.training_state': version, 'likeness.fingerprint': saved } = file.metadata;
  if (version !== STATE_VERSION || saved !== fingerprint) {
    const other =
      version === STATE_VERSION ? 'a run with other images, settings or model' : 'another release';
    throw new LikenessError('input', `${path}: was saved by ${other}`, {
      advice: 'Go on with the same images and flags, or start anew with --fresh.',
    });
  }
  const read = async (name: string): Promise<Float32Array> => {
    const entry = file.tensors.get(name);
    if (entry === undefined) throw new LikenessError('checkpoint-format', `${path}: ${name} is missing`);
    return (await readFloat32(entry)).data;
  };
  const step = Number(file.metadata[STEP_KEY]);
  const restore = async (parameters: Named): Promise<AdamWState> => {
    const first = new Map<string, Float32Array>();
    const second = new Map<string, Float32Array>();
    for (const [name, values] of parameters) {
      values.set(await read(PREFIXES.value + name));
      first.set(name, await read(PREFIXES.first + name));
      second.set(name, await read(PREFIXES.second + name));
    }
    return { step, first, second };
  };
  return {
    ...initial,
    step,
    moments: await restore(learnedParameters(initial)),
    probeMoments: initial.probe && (await restore(probeParameters(initial.probe))),
    losses: [...(await read('losses'))],
  };
}
