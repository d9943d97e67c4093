/**
 * WeightSamples: values at fixed places of a model's tensors, as halves, by which copies of one model are known in whatever
 * file, layout and precision. A fine-tune or a merge changes some of them by more than rounding does.
 */

import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { readRegularFile } from '../storage/regular-file.ts';
import { float32ToHalf, halfToFloat32 } from '../tensor/half.ts';
import { decodeFloat32, isFloatDType, SAFETENSORS_ELEMENT_BYTES } from '../tensor/safetensors-dtype.ts';
import { readRange, readScale, withFile } from '../tensor/safetensors-file.ts';
import type { TensorEntry } from '../tensor/safetensors-header.ts';
import { elementCount, type Shape } from '../tensor/tensor.ts';
import { applyScale } from '../tensor/weight-scale.ts';
import type { Checkpoint } from './component.ts';

/** A tensor that is sampled, by its name in diffusers' layout: that is the same in every file of the model. */
export interface SampledTensor {
  readonly component: string;
  readonly name: string;
  readonly shape: Shape;
}

/**
 * Samples of a model, at least: each tensor has one, since a merge may change a single kind of layer, and those of small
 * models several. The largest model in use has 2,400 tensors, whose samples take 6 KB in a concept's header.
 */
const SAMPLES_MIN = 1024;

/** Longest text: ten times the samples of the largest model in use. */
export const SAMPLES_MAX_LENGTH = 65_536;

/** Raised when other places are sampled: texts of different versions say nothing of each other. */
const VERSION = 'v1:';

/** A text of samples. */
export const SAMPLES_PATTERN = /^v\d{1,3}:[A-Za-z0-9+/]{2,}={0,2}$/;

/**
 * Text of the samples, read by range; cached by the files' paths, sizes and times of writing.
 * @param tensors in any order; called where nothing is cached
 * @returns undefined where a tensor is missing, of another shape or no float: the model cannot run, and its session says why
 */
export async function sampleWeights(
  checkpoint: Checkpoint,
  tensors: () => readonly SampledTensor[],
  cacheFolder: string,
): Promise<string | undefined> {
  const cachePath = join(cacheFolder, `${await cacheKey(checkpoint)}.samples`);
  const cached = await readRegularFile(cachePath).then(String, () => '');
  if (cached.startsWith(VERSION) && SAMPLES_PATTERN.test(cached)) return cached;
  const values = await readSamples(checkpoint, tensors());
  if (values === undefined) return undefined;
  const text = VERSION + Buffer.from(float32ToHalf(values).buffer).toString('base64');
  // A cache that cannot be written: it is read anew next time.
  await writeFileAtomically(cachePath, text).catch(() => {});
  return text;
}

/**
 * True where both texts are of one model: the same halves, give or take a unit in the last place. Of a copy in bfloat16,
 * which is known by its values, each differs by as much as that type's rounding makes. undefined for texts of two versions.
 */
export function areSamplesOfOneModel(one: string, other: string): boolean | undefined {
  const [a, b] = [parseSamples(one), parseSamples(other)];
  if (a === undefined || b === undefined) return undefined;
  if (a.length !== b.length) return false;
  const isRounded = isBrainFloat(a) !== isBrainFloat(b);
  return a.every((value, index) => isClose(value, b[index]!, isRounded));
}

/** Unit in the last place of a half's mantissa, and of bfloat16's, as a share of the value. */
const HALF_UNIT = 2 ** -10;
const BRAIN_UNIT = 2 ** -7;
/** The smallest step of a half. */
const HALF_STEP = 2 ** -24;

function isClose(a: number, b: number, isRounded: boolean): boolean {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return true;
  // Rounding to bfloat16 moves a value by half of its unit, to a half by half of that of halves.
  const unit = isRounded ? BRAIN_UNIT / 2 + HALF_UNIT / 2 : HALF_UNIT;
  return Math.abs(a - b) <= unit * Math.max(Math.abs(a), Math.abs(b)) + HALF_STEP;
}

/** True where every value is one of bfloat16's: of a thousand other halves that is true of one in eight each. */
function isBrainFloat(values: Float32Array): boolean {
  return new Uint32Array(values.buffer, values.byteOffset, values.length).every(
    (bits) => (bits & 0xffff) === 0,
  );
}

function parseSamples(text: string): Float32Array | undefined {
  if (!text.startsWith(VERSION)) return undefined;
  const bytes = new Uint8Array(Buffer.from(text.slice(VERSION.length), 'base64'));
  if (bytes.length % Uint16Array.BYTES_PER_ELEMENT !== 0) return undefined;
  return halfToFloat32(new Uint16Array(bytes.buffer));
}

/** The configurations too: they decide which tensors the model has. */
async function cacheKey({ format, components }: Checkpoint): Promise<string> {
  const parts: unknown[] = [VERSION, format.id];
  for (const [name, { config, weights }] of [...components].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const files = await Promise.all(
      weights.files.map(async (file) => {
        const { size, mtimeMs } = await stat(file);
        return [file, size, mtimeMs];
      }),
    );
    parts.push([name, config, files]);
  }
  return createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 40);
}

interface Sample {
  readonly entry: TensorEntry;
  /** Element of the tensor as it lies in the file. */
  readonly element: number;
}

async function readSamples(
  { components }: Checkpoint,
  tensors: readonly SampledTensor[],
): Promise<Float32Array | undefined> {
  const paths = new Map(tensors.map((tensor) => [`${tensor.component}/${tensor.name}`, tensor]));
  const each = Math.ceil(SAMPLES_MIN / paths.size);
  const samples: Sample[] = [];
  for (const path of [...paths.keys()].sort()) {
    const { component, name, shape } = paths.get(path)!;
    const store = components.get(component)?.weights;
    const entry = store?.has(name) ? store.get(name) : undefined;
    if (entry === undefined || !isFloatDType(entry.dtype) || `${entry.shape}` !== `${shape}`)
      return undefined;
    for (let index = 0; index < each; index++) {
      samples.push({
        entry,
        element: elementInFile(entry, placeOf(`${path}/${index}`, elementCount(shape))),
      });
    }
  }
  return readElements(samples);
}

/** A place that follows from the name alone, so that it is the same whatever other tensors there are. */
function placeOf(name: string, count: number): number {
  return createHash('sha256').update(name).digest().readUIntBE(0, 6) % count;
}

function elementInFile({ shape, isTransposed }: TensorEntry, element: number): number {
  if (!isTransposed) return element;
  const [rows, columns] = shape as [number, number];
  return (element % columns) * rows + Math.floor(element / columns);
}

/** In the order of the samples; each file is opened once. */
async function readElements(samples: readonly Sample[]): Promise<Float32Array> {
  const values = new Float32Array(samples.length);
  for (const file of new Set(samples.map(({ entry }) => entry.file))) {
    await withFile(file, async (handle) => {
      for (const [index, { entry, element }] of samples.entries()) {
        const { dtype, offset } = entry;
        if (entry.file !== file || !isFloatDType(dtype)) continue;
        const size = SAFETENSORS_ELEMENT_BYTES[dtype];
        const value = decodeFloat32(dtype, await readRange(handle, file, offset + element * size, size));
        const scale = await readScale(entry);
        if (scale !== undefined) applyScale(value, scale, { shape: storedShape(entry), first: element });
        values[index] = value[0]!;
      }
    });
  }
  return values;
}

function storedShape({ shape, isTransposed }: TensorEntry): Shape {
  return isTransposed ? [...shape].reverse() : shape;
}
