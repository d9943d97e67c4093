/**
 * MergedCheckpoint: a base model with LoRAs merged into its weights. The changed weights lie in a patch file in the cache,
 * made once, a weight at a time; all others stay where they are.
 */

import { LikenessError } from '../../shared/errors.ts';
import { hashFileCached } from '../checkpoint/checkpoint-hash.ts';
import type { Checkpoint } from '../checkpoint/component.ts';
import { ensureSidecar, layOut } from '../checkpoint/converted-weights.ts';
import type { WeightStore } from '../checkpoint/weight-store.ts';
import { openSafetensors, readFloat32, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import { quoted, type TensorEntry } from '../tensor/safetensors-header.ts';
import { elementCount, type Shape, type WeightLocation } from '../tensor/tensor.ts';
import { type LayerUpdate, type LoraUpdates, loraUpdates, readFactor } from './layer-update.ts';
import { misfitOf, requireStated, type TargetModel } from './lora-fit.ts';
import { MergeSession } from './merge-session.ts';
import { patchPath } from './patch-file.ts';

/** A LoRA, and the weight that it is merged at: 1 as trained, 0 not at all. */
export interface LoraUse {
  /** For people and records. */
  readonly name: string;
  readonly path: string;
  readonly weight: number;
}

export interface MergedLora extends LoraUse {
  /** SHA-256 of the file, hex. */
  readonly sha256: string;
  /** Number of the model's weights that it changes. */
  readonly layers: number;
  /** Names of its tensors that change nothing in this model. */
  readonly unmatched: readonly string[];
}

export interface MergedCheckpoint {
  readonly checkpoint: Checkpoint;
  /** Those of a weight other than 0, in the order given. */
  readonly merged: readonly MergedLora[];
}

/** Headers of real files have 1000 to 4000 tensors, and the tags of thousands of pictures. */
const HEADER_MAX_BYTES = 32 * 2 ** 20;

/**
 * Merges LoRAs in the order given. One of weight 0 changes nothing, and is not read.
 * @throws LikenessError `concept-format`, `concept-mismatch`, `storage`
 */
export async function mergeLoras(
  checkpoint: Checkpoint,
  model: TargetModel,
  loras: readonly LoraUse[],
  { cacheFolder, threads }: { readonly cacheFolder: string; readonly threads?: number | undefined },
): Promise<MergedCheckpoint> {
  const merged: MergedLora[] = [];
  const changes = new Map<string, WeightChange>();
  for (const lora of loras.filter(({ weight }) => weight !== 0)) {
    const { updates, unmatched } = await readUpdates(lora.path, checkpoint, model);
    const sha256 = await hashFileCached(lora.path, cacheFolder);
    merged.push({ ...lora, sha256, layers: updates.length, unmatched });
    for (const update of updates) addUpdate(changes, checkpoint, update, lora.weight);
  }
  if (merged.length === 0) return { checkpoint, merged };
  const path = patchPath(cacheFolder, checkpoint, merged);
  // Weights of one shape share a session.
  const ordered = [...changes.values()].sort((a, b) => (a.order < b.order ? -1 : 1));
  const layout = layOut(ordered, path);
  const session = new MergeSession(threads);
  try {
    await ensureSidecar(path, layout, async (change, output) => {
      const { buffer, byteOffset, byteLength } = await mergedValues(change, session);
      await output.writeFile(new Uint8Array(buffer, byteOffset, byteLength));
    });
  } finally {
    await session.close();
  }
  return { checkpoint: withPatch(checkpoint, layout), merged };
}

/**
 * The layers of a file in a model; no factor is read.
 * @throws LikenessError `concept-format` for what is no LoRA, `concept-mismatch` for one of another model, with both names
 */
export async function readUpdates(
  path: string,
  checkpoint: Checkpoint,
  model: TargetModel,
): Promise<LoraUpdates> {
  const file = await openLora(path);
  requireStated(file, model);
  const found = await loraUpdates(file, checkpoint, path).catch((error: unknown) => {
    if (!(error instanceof LikenessError && error.code === 'concept-mismatch')) throw error;
    throw misfitOf(file, model, error);
  });
  if (found.updates.length > 0) return found;
  const [first] = found.unmatched;
  throw misfitOf(
    file,
    model,
    new LikenessError(
      'concept-mismatch',
      `${file.path}: none of its ${file.tensors.size} tensors is of a layer of ${model.name}, the first is ${quoted(first!)}`,
      { advice: 'Use a LoRA that was made for this kind of model.' },
    ),
  );
}

/** The header alone. @throws LikenessError `concept-format`; `concept-unknown` where there is no such file */
export async function openLora(path: string): Promise<SafetensorsFile> {
  try {
    return await openSafetensors(path, HEADER_MAX_BYTES);
  } catch (cause) {
    if (!(cause instanceof LikenessError)) throw cause;
    const { advice = 'Check the path.' } = cause;
    const code = cause.code === 'checkpoint-missing' ? 'concept-unknown' : 'concept-format';
    throw new LikenessError(code, cause.message, { advice, cause });
  }
}

/** All that LoRAs change in one weight. */
interface WeightChange {
  readonly component: string;
  readonly base: TensorEntry;
  readonly weight: string;
  readonly shape: Shape;
  readonly updates: { readonly update: LayerUpdate; readonly factor: number }[];
  /** Sorted by it, changes stand in the patch. */
  order: string;
}

function addUpdate(
  changes: Map<string, WeightChange>,
  { components }: Checkpoint,
  update: LayerUpdate,
  weight: number,
): void {
  const key = `${update.component}/${update.weight}`;
  let change = changes.get(key);
  if (change === undefined) {
    const base = components.get(update.component)!.weights.get(update.weight);
    const { component, weight: name } = update;
    change = { component, base, weight: name, shape: base.shape, updates: [], order: '' };
    changes.set(key, change);
  }
  change.updates.push({ update, factor: weight * update.scale });
  const ranks = change.updates.reduce((sum, { update: { rank } }) => sum + rank, 0);
  change.order = `${change.shape.join('x')} ${ranks} ${key}`;
}

/** One product for all updates: their ranks stand beside each other. */
async function mergedValues({ base, updates }: WeightChange, session: MergeSession): Promise<Float32Array> {
  const [outputs, ...rest] = base.shape as [number, ...number[]];
  const columns = elementCount(rest);
  const rank = updates.reduce((sum, { update }) => sum + update.rank, 0);
  const [up, down] = [new Float32Array(outputs * rank), new Float32Array(rank * columns)];
  let at = 0;
  for (const { update, factor } of updates) {
    down.set(await readFactor(update.down), at * columns);
    const values = await readFactor(update.up);
    for (let row = 0; row < outputs; row++) {
      for (let one = 0; one < update.rank; one++)
        up[row * rank + at + one] = factor * values[row * update.rank + one]!;
    }
    at += update.rank;
  }
  const values = await session.merge((await readFloat32(base)).data, { up, down, rank });
  if (values.every(Number.isFinite)) return values;
  throw new LikenessError(
    'concept-format',
    `${updates.map(({ update }) => update.up.file).join(', ')}: merged into ${base.name} it gives values that are not finite`,
    { advice: 'Use a smaller weight, or another version of the LoRA.' },
  );
}

/** The same model, whose changed weights are those of the patch. */
function withPatch(checkpoint: Checkpoint, layout: ReadonlyMap<WeightChange, WeightLocation>): Checkpoint {
  const components = new Map(checkpoint.components);
  for (const [name, component] of checkpoint.components) {
    const patched = new Map<string, TensorEntry>();
    for (const [{ component: owner, weight, shape }, location] of layout) {
      if (owner === name) patched.set(weight, { name: weight, dtype: 'F32', shape, ...location });
    }
    if (patched.size === 0) continue;
    const weights: WeightStore = {
      ...component.weights,
      get: (wanted) => patched.get(wanted) ?? component.weights.get(wanted),
    };
    components.set(name, { ...component, weights });
  }
  return { ...checkpoint, components };
}
