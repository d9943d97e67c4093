import type { Paint, ScaleMode } from '../document/node-record.ts';
import { refusal } from './refusal.ts';

const SCALE_MODES: readonly string[] = ['FILL', 'FIT', 'CROP', 'TILE'] satisfies ScaleMode[];

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function inUnit(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value <= 1;
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
  } else throw wrong(`type ${String(paint.type)} is none that the studio draws`);
  return structuredClone(paint) as unknown as Paint;
}

/** Paints as Figma takes them: a copy, checked. */
export function checkedPaints(paints: unknown, call: string): readonly Paint[] {
  if (!Array.isArray(paints)) throw refusal(call, 'expected an array of paints');
  return paints.map((paint, at) => checkedPaint(paint, call, at));
}
