/**
 * LayerUpdate: a low-rank change of one weight of a model, by a LoRA file's tensors. Layers of a file are found in the model
 * by their names and held to its shapes before a number is read.
 */

import { LikenessError } from '../../shared/errors.ts';
import type { Checkpoint } from '../checkpoint/component.ts';
import { FORMATS } from '../models/families/formats.ts';
import type { LoraNetwork } from '../models/family.ts';
import { FLOAT_NAMES, isFloatDType } from '../tensor/safetensors-dtype.ts';
import { readFloat32, type SafetensorsFile } from '../tensor/safetensors-file.ts';
import { quoted, type TensorEntry } from '../tensor/safetensors-header.ts';
import { readNumber } from '../tensor/safetensors-number.ts';
import { loraParts, type Parts } from './lora-parts.ts';
import { peftScale, type ScaleOf } from './lora-settings.ts';

/**
 * Trainers offer ranks up to some hundreds, and extracted differences have up to 1024. A layer's factors are in memory at
 * once: with the widest layers of XL, 10 240 channels, these are 250 MB.
 */
const RANK_MAX = 4096;

/** W + scale * up * down, with the kernel's cells of a convolution beside its input channels. */
export interface LayerUpdate {
  readonly component: string;
  /** Name of the weight in diffusers' layout. */
  readonly weight: string;
  readonly rank: number;
  readonly up: TensorEntry;
  readonly down: TensorEntry;
  /** alpha / rank */
  readonly scale: number;
}

export interface LoraUpdates {
  readonly updates: readonly LayerUpdate[];
  /** Names of tensors that change nothing in this model. */
  readonly unmatched: readonly string[];
}

/**
 * @param given the file's path before links were followed
 * @throws LikenessError `concept-format` for a file that is no plain LoRA, `concept-mismatch` for a layer of another shape
 */
export async function loraUpdates(
  file: SafetensorsFile,
  checkpoint: Checkpoint,
  given: string,
): Promise<LoraUpdates> {
  const { layers, unknown, isPeft } = loraParts(file, 'a LoRA');
  const places = placesOf([...layers.keys()], checkpoint);
  const scales = new Map<string, ScaleOf>();
  const taken = new Map<string, string>();
  const updates: LayerUpdate[] = [];
  const unmatched = unknown.map(({ name }) => name);
  for (const [layer, parts] of layers) {
    const place = places.get(layer);
    if (place === undefined) {
      unmatched.push(...Object.values(parts).map(({ name }) => name));
      continue;
    }
    const { network, weight } = place;
    const twin = taken.get(`${network.component}/${weight}`);
    if (twin !== undefined) throw unusable(file, `${twin} and ${layer} are names of one layer, ${weight}`);
    taken.set(`${network.component}/${weight}`, layer);
    let scaleOf = scales.get(network.settings);
    if (scaleOf === undefined) {
      scaleOf = isPeft ? await peftScale(file, given, network.settings) : () => 1;
      scales.set(network.settings, scaleOf);
    }
    const base = checkpoint.components.get(network.component)!.weights.get(weight);
    const { up, down, rank } = requirePair(file, layer, parts, base);
    const { alpha } = parts;
    const scale = alpha === undefined ? scaleOf(layer, rank) : (await readAlpha(file, alpha)) / rank;
    updates.push({ component: network.component, weight, rank, up, down, scale });
  }
  return { updates, unmatched };
}

interface Place {
  readonly network: LoraNetwork;
  readonly weight: string;
}

/**
 * Weight of each layer that the model has. The original code's numbers count through all levels, so that the number of
 * residual blocks a level under which most names are layers of the model decides.
 */
function placesOf(layers: readonly string[], { format, components }: Checkpoint): ReadonlyMap<string, Place> {
  const { networks, layersPerBlock } = FORMATS.find(({ id }) => id === format.id)!.lora;
  const readings = layersPerBlock.map((blocks) => {
    const places = new Map<string, Place>();
    const weights = networks.map((network) => {
      const names = [...(components.get(network.component)?.weights.names() ?? [])];
      const modules = names.filter((name) => name.endsWith('.weight'));
      const layerOf = (name: string) => name.slice(0, -'.weight'.length).replaceAll('.', '_');
      return new Map(modules.map((name) => [network.layerNamed(layerOf(name), blocks), name]));
    });
    for (const layer of layers) {
      const found = prefixOf(layer, networks);
      if (found === undefined) continue;
      const name = found.network.layerNamed(layer.slice(found.prefix.length), blocks);
      const weight = weights[networks.indexOf(found.network)]!.get(name);
      if (weight !== undefined) places.set(layer, { network: found.network, weight });
    }
    return places;
  });
  return readings.reduce((best, places) => (places.size > best.size ? places : best));
}

function prefixOf(layer: string, networks: readonly LoraNetwork[]) {
  const all = networks.flatMap((network) => network.prefixes.map((prefix) => ({ network, prefix })));
  all.sort((a, b) => b.prefix.length - a.prefix.length);
  return all.find(({ prefix }) => layer.startsWith(prefix));
}

/** A pair whose product has the weight's shape; a 1x1 kernel may be written or not. */
function requirePair(file: SafetensorsFile, layer: string, { down, up }: Parts, base: TensorEntry) {
  if (down === undefined || up === undefined) {
    throw unusable(file, `${layer} has no ${down === undefined ? 'down' : 'up'} factor, expected a pair`);
  }
  const [outputs, inputs, ...kernel] = base.shape as [number, number, ...number[]];
  const rank = down.shape[0] ?? 0;
  if (rank < 1 || rank > RANK_MAX) {
    throw unusable(file, `${quoted(down.name)} has rank ${rank}, expected 1 to ${RANK_MAX}`);
  }
  for (const [entry, expected] of [
    [down, [rank, inputs, ...kernel]],
    [up, [outputs, rank]],
  ] as const) {
    if (isShape(entry, expected)) continue;
    throw new LikenessError(
      'concept-mismatch',
      `${file.path}: tensor ${quoted(entry.name)} has shape [${entry.shape}], expected [${expected}] for ${base.name} of the model`,
      { advice: 'Use it with the model that it was made for.' },
    );
  }
  return { down, up, rank };
}

/** Sizes of 1 behind a matrix's say nothing. */
function isShape({ shape }: TensorEntry, expected: readonly number[]): boolean {
  const axes = Math.max(shape.length, expected.length, 2);
  const isLong = shape.length < 2;
  return (
    !isLong &&
    Array.from({ length: axes }, (_, axis) => shape[axis] ?? 1).every(
      (size, axis) => size === (expected[axis] ?? 1),
    )
  );
}

async function readAlpha(file: SafetensorsFile, entry: TensorEntry): Promise<number> {
  const alpha = await readNumber(entry);
  if (Number.isFinite(alpha)) return alpha;
  throw unusable(file, `tensor ${quoted(entry.name)} is ${alpha}, expected a finite number`);
}

/** Values of a factor. @throws LikenessError `concept-format` for a type that is no float, or a value that is not finite */
export async function readFactor(entry: TensorEntry): Promise<Float32Array> {
  if (!isFloatDType(entry.dtype)) {
    throw unusable(
      { path: entry.file },
      `tensor ${quoted(entry.name)} is ${entry.dtype}, expected ${FLOAT_NAMES}`,
    );
  }
  const { data } = await readFloat32(entry);
  const fault = data.findIndex((value) => !Number.isFinite(value));
  if (fault === -1) return data;
  throw unusable(
    { path: entry.file },
    `tensor ${quoted(entry.name)} has ${data[fault]} at element ${fault}, expected finite values`,
  );
}

function unusable({ path }: Pick<SafetensorsFile, 'path'>, fault: string): LikenessError {
  return new LikenessError('concept-format', `${path} cannot be used as a LoRA: ${fault}`, {
    advice: 'Fetch the file again, or ask its maker for a sound one.',
  });
}
