/**
 * TrainingState: a training run after some step, in memory and on disk (safetensors, float32: a resumed run must go on
 * from the very same numbers). The file's header has the step, so that readSavedRun reads no tensor.
 */

import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import type { SavedRun } from '../../shared/protocol/job.ts';
import type { Factors, ParameterMap } from '../adapters/factors.ts';
import { factorNames } from '../adapters/low-rank.ts';
import { type ObjectProbe, probeParameters } from '../adapters/object-probe.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { shortageFault } from '../storage/system-fault.ts';
import {
  openSafetensors,
  readFloat32,
  readRange,
  type SafetensorsFile,
  withFile,
} from '../tensor/safetensors-file.ts';
import { encodeSafetensors, packTensors } from '../tensor/safetensors-writer.ts';
import type { AdamWState } from './adamw.ts';
import type { LossScaleState } from './loss-scale.ts';
import { trainingNames } from './training-graph.ts';

const STEP_KEY = 'likeness.step';
const STEPS_KEY = 'likeness.steps';
const LOSS_SCALE_KEY = 'likeness.loss_scale';

export interface TrainingState {
  /** Steps done. */
  step: number;
  readonly factors: Factors;
  /** The identifier's, one a text encoder, [width]; undefined where none is learned. */
  readonly tokenEmbeddings: readonly Float32Array[] | undefined;
  /** Undefined where no reference tells the object from what surrounds it. */
  readonly probe: ObjectProbe | undefined;
  /** Undefined before the first step. */
  moments: AdamWState | undefined;
  /** Undefined before the first step, and without a probe. */
  probeMoments: AdamWState | undefined;
  /** Undefined in full precision, and before the first step. */
  lossScale: LossScaleState | undefined;
  /** Loss of every step that was made, for the curve. */
  readonly losses: number[];
}

/** The learned arrays by their names in the training graph. The live arrays, not copies. */
export function learnedParameters({ factors, tokenEmbeddings }: TrainingState): ParameterMap {
  const learned = new Map<string, Float32Array>();
  for (const [path, { down, up }] of factors) {
    const names = factorNames(0, path);
    learned.set(names.down, down).set(names.up, up);
  }
  for (const [encoder, embedding] of (tokenEmbeddings ?? []).entries()) {
    learned.set(trainingNames.tokenEmbedding(encoder), embedding);
  }
  return learned;
}

/** Raised when what a run learns changes: an older state lacks what a newer run needs. */
const STATE_VERSION = '2';

/** SHA-256 of the tensors' bytes: numbers that changed on the disk would be learned on from without a sign. */
const DATA_HASH_KEY = 'likeness.data_sha256';

const PREFIXES = { value: 'value:', first: 'first:', second: 'second:' } as const;

export interface SavedRunHeader {
  /** Hash of everything that decides the run (settings, references, model): a state is only taken up by a run with the same. */
  readonly fingerprint: string;
  /** Steps of the whole run. */
  readonly steps: number;
}

/**
 * Learned parameters, the moments of AdamW and the step, as float32 in one safetensors file, written whole. A run is resumed only
 * under the same fingerprint.
 */
export async function saveTrainingState(
  path: string,
  state: TrainingState,
  { fingerprint, steps }: SavedRunHeader,
): Promise<void> {
  const tensors = new Map<string, { dtype: 'F32'; shape: number[]; data: Float32Array }>();
  const put = (prefix: string, values: ParameterMap) => {
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
  const packed = packTensors(tensors);
  const metadata = {
    'likeness.training_state': STATE_VERSION,
    [STEP_KEY]: String(state.step),
    [STEPS_KEY]: String(steps),
    'likeness.fingerprint': fingerprint,
    ...(state.lossScale && { [LOSS_SCALE_KEY]: JSON.stringify(state.lossScale) }),
    [DATA_HASH_KEY]: createHash('sha256').update(packed.data).digest('hex'),
  };
  await writeFileAtomically(path, encodeSafetensors(packed, metadata));
}

/**
 * Fills `initial` (a fresh state of the same run) from the file and returns it.
 * @throws LikenessError `saved-run` when the file belongs to another run, or is damaged
 */
export async function loadTrainingState(
  path: string,
  initial: TrainingState,
  fingerprint: string,
): Promise<TrainingState> {
  const file = await openSafetensors(path).catch((cause: unknown) => {
    throw shortageFault(cause) ?? damaged(cause);
  });
  const { 'likeness.training_state': version, 'likeness.fingerprint': saved } = file.metadata;
  if (version !== STATE_VERSION || saved !== fingerprint) {
    const other =
      version === STATE_VERSION ? 'a run with other images, settings or model' : 'another release';
    throw new LikenessError('saved-run', `what was saved is of ${other}`);
  }
  await requireUnchanged(file);
  const read = async (name: string): Promise<Float32Array> => {
    const entry = file.tensors.get(name);
    if (entry === undefined) throw damaged(new Error(`${path}: ${name} is missing`));
    return (await readFloat32(entry)).data;
  };
  const step = Number(file.metadata[STEP_KEY]);
  const lossScale = readLossScale(file.metadata[LOSS_SCALE_KEY]);
  const restore = async (parameters: ParameterMap): Promise<AdamWState> => {
    const first = new Map<string, Float32Array>();
    const second = new Map<string, Float32Array>();
    for (const [name, values] of parameters) {
      values.set(await read(PREFIXES.value + name));
      first.set(name, await read(PREFIXES.first + name));
      second.set(name, await read(PREFIXES.second + name));
    }
    return { step: step - (lossScale?.skipped ?? 0), first, second };
  };
  return {
    ...initial,
    step,
    lossScale,
    moments: await restore(learnedParameters(initial)),
    probeMoments: initial.probe && (await restore(probeParameters(initial.probe))),
    losses: [...(await read('losses'))],
  };
}

const lossScaleSchema = z.object({
  scale: z.number().positive(),
  goodSteps: z.number().int().min(0),
  skipped: z.number().int().min(0),
});

function readLossScale(text: string | undefined): LossScaleState | undefined {
  if (text === undefined) return undefined;
  try {
    return lossScaleSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw damaged(cause);
  }
}

/** Steps done by a saved run; undefined where nothing was saved, or nothing that could be resumed. */
export async function readSavedRun(path: string): Promise<SavedRun | undefined> {
  const metadata = await openSafetensors(path).then(
    (file) => file.metadata,
    () => undefined,
  );
  const [step, steps] = [Number(metadata?.[STEP_KEY]), Number(metadata?.[STEPS_KEY])];
  const isSound = Number.isInteger(step) && Number.isInteger(steps) && step > 0 && step <= steps;
  return isSound ? { step, steps } : undefined;
}

/** A file of an earlier release has no hash, and is trusted. */
async function requireUnchanged({ path, metadata, dataOffset, sizeBytes }: SafetensorsFile): Promise<void> {
  const expected = metadata[DATA_HASH_KEY];
  if (expected === undefined) return;
  const data = await withFile(path, (handle) => readRange(handle, path, dataOffset, sizeBytes - dataOffset));
  const got = createHash('sha256').update(data).digest('hex');
  if (got !== expected)
    throw damaged(new Error(`${path}: its data has the hash ${got}, expected ${expected}`));
}

function damaged(cause: unknown): LikenessError {
  return new LikenessError('saved-run', 'what was saved is damaged', { cause });
}
