import {
  BLEND_MODES,
  type BlendMode,
  type NodeRecord,
  type Paint,
  type PictureTransform,
  type ScaleMode,
} from '../document/node-record.ts';
import { NAMESPACE_MIN_CHARACTERS, PLUGIN_DATA_MAX_BYTES } from './limits.ts';

/** Figma names the call in its errors (`in createImage: Image is too large`); the studio does the same. */
export function refusal(call: string, reason: string): Error {
  return new Error(`in ${call}: ${reason}`);
}

export function finite(value: number, call: string): number {
  if (!Number.isFinite(value)) throw refusal(call, `expected a number, got ${String(value)}`);
  return value;
}

export type Entries = Readonly<Record<string, string>>;

/** The entries with one more; an empty value takes the entry away, as in Figma. */
export function withEntry(
  entries: Entries,
  key: string,
  value: string,
  call: string,
  owner: string,
): Entries {
  if (typeof key !== 'string') throw refusal(call, `the key is ${typeof key}, expected a string`);
  if (typeof value !== 'string') throw refusal(call, `the value is ${typeof value}, expected a string`);
  const sizeBytes = new TextEncoder().encode(owner + key + value).byteLength;
  if (sizeBytes > PLUGIN_DATA_MAX_BYTES) {
    throw refusal(call, `the entry has ${sizeBytes} bytes, an entry holds ${PLUGIN_DATA_MAX_BYTES}`);
  }
  const { [key]: _old, ...rest } = entries;
  return value === '' ? rest : { ...rest, [key]: value };
}

export function sharedKey(namespace: string, key: string, call: string): string {
  if (!/^[A-Za-z0-9_.]+$/.test(namespace) || namespace.length < NAMESPACE_MIN_CHARACTERS) {
    throw refusal(
      call,
      `namespace "${namespace}" is not at least ${NAMESPACE_MIN_CHARACTERS} letters, digits, _ or .`,
    );
  }
  return `${namespace}/${key}`;
}

const SCALE_MODES: readonly string[] = ['FILL', 'FIT', 'CROP', 'TILE'] satisfies ScaleMode[];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function inUnit(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
}

function isTransform(value: unknown): value is PictureTransform {
  const isRow = (row: unknown) => Array.isArray(row) && row.length === 3 && row.every(Number.isFinite);
  return Array.isArray(value) && value.length === 2 && value.every(isRow);
}

function checkedPaint(paint: unknown, call: string, at: number): Paint {
  const wrong = (reason: string) => refusal(call, `paint ${at}: ${reason}`);
  if (!isObject(paint)) throw wrong('not an object');
  if (paint.opacity !== undefined && !inUnit(paint.opacity)) throw wrong('opacity is not between 0 and 1');
  if (paint.type === 'SOLID') {
    const { color } = paint;
    // An `a` in the colour is a common slip: Figma wants `opacity` on the paint and says so.
    if (!isObject(color) || Object.keys(color).sort().join() !== 'b,g,r')
      throw wrong('color is not { r, g, b }');
    if (!Object.values(color).every(inUnit)) throw wrong('color is not between 0 and 1');
  } else if (paint.type === 'IMAGE') {
    if (!SCALE_MODES.includes(String(paint.scaleMode)))
      throw wrong(`scaleMode is ${String(paint.scaleMode)}`);
    if (paint.imageHash !== null && typeof paint.imageHash !== 'string')
      throw wrong('imageHash is no string');
    if (paint.imageTransform !== undefined && !isTransform(paint.imageTransform))
      throw wrong('imageTransform is not two rows of three numbers');
  } else throw wrong(`type ${String(paint.type)} is none that the studio draws`);
  return structuredClone(paint) as unknown as Paint;
}

/** Paints as Figma takes them: a copy, checked. */
export function checkedPaints(paints: unknown, call: string): readonly Paint[] {
  if (!Array.isArray(paints)) throw refusal(call, 'expected an array of paints');
  return paints.map((paint, at) => checkedPaint(paint, call, at));
}

/** Figma's axes have the length of one; the studio mirrors and skews nothing. */
const AXIS_TOLERANCE = 1e-6;

/** Place and turn of a node by its transform. */
export function turnedTo(transform: unknown): Pick<NodeRecord, 'x' | 'y' | 'rotation'> {
  const call = 'set_relativeTransform';
  if (!isTransform(transform)) throw refusal(call, 'expected two rows of three numbers');
  const [[a, c, x], [b, d, y]] = transform;
  const isUnit = Math.abs(Math.hypot(a, b) - 1) < AXIS_TOLERANCE;
  if (!isUnit || Math.abs(a - d) > AXIS_TOLERANCE || Math.abs(b + c) > AXIS_TOLERANCE) {
    throw refusal(call, 'the studio neither scales, mirrors nor skews');
  }
  return { x, y, rotation: (Math.atan2(-b, a) * 180) / Math.PI + 0 };
}

/** One that the studio draws. */
export function checkedBlendMode(value: unknown): BlendMode {
  const known = BLEND_MODES.find((mode) => mode === value);
  if (known === undefined) throw refusal('set_blendMode', `${String(value)} is none that the studio draws`);
  return known;
}
