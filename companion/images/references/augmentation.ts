/**
 * Light variation for teaching: enough that the layout of a few references is not memorized, too little to
 * change what the product is. Every draw comes from the given source, so that a seed repeats a session.
 */

import type { ImageSize } from '../../../shared/geometry.ts';
import { type Picture, picture } from '../picture.ts';
import type { Square } from './reference-frame.ts';

/** Uniform in [0, 1). */
export type UniformSource = () => number;

export interface AugmentationLimits {
  /** Share of the square's side that it may move, either way. */
  readonly shift: number;
  /** Share by which the square may grow or shrink. */
  readonly scale: number;
  /** Factor on all channels, 1 +- this. */
  readonly brightness: number;
  /** Factor on the distance from middle grey, 1 +- this. */
  readonly contrast: number;
  /** Factor on each channel by itself, 1 +- this: beyond 2 % a brand colour looks wrong. */
  readonly colour: number;
}

export const LIGHT_AUGMENTATION: AugmentationLimits = {
  shift: 0.05,
  scale: 0.1,
  brightness: 0.03,
  contrast: 0.03,
  colour: 0.01,
};

/**
 * Moves and scales the square. Of an opaque photo (`bounds` given) it may only shrink and stays inside; then
 * `shift` is not needed, since any place inside shows real pixels.
 */
export function jitterSquare(
  square: Square,
  limits: AugmentationLimits,
  random: UniformSource,
  bounds?: ImageSize,
): Square {
  if (bounds) {
    const side = Math.max(1, Math.round(square.side * (1 - 2 * limits.scale * random())));
    const slack = square.side - side;
    return {
      left: clamp(square.left + Math.round(slack * random()), bounds.width - side),
      top: clamp(square.top + Math.round(slack * random()), bounds.height - side),
      side,
    };
  }
  const side = Math.max(1, Math.round(square.side * (1 + limits.scale * signed(random))));
  const centre = (square.side - side) / 2;
  return {
    left: Math.round(square.left + centre + square.side * limits.shift * signed(random)),
    top: Math.round(square.top + centre + square.side * limits.shift * signed(random)),
    side,
  };
}

/** v' = (128 + (v - 128) * contrast) * brightness * colour[channel]; alpha stays. */
export function jitterColour(source: Picture, limits: AugmentationLimits, random: UniformSource): Picture {
  const contrast = 1 + limits.contrast * signed(random);
  const brightness = 1 + limits.brightness * signed(random);
  const gains = [0, 1, 2].map(() => brightness * (1 + limits.colour * signed(random)));
  const tables = gains.map((gain) =>
    Uint8ClampedArray.from({ length: 256 }, (_, value) => (128 + (value - 128) * contrast) * gain),
  );
  const { width, height, channels } = source;
  const data = source.data.slice();
  for (let offset = 0; offset < data.length; offset += channels) {
    for (let channel = 0; channel < 3; channel++) {
      data[offset + channel] = tables[channel]![data[offset + channel]!]!;
    }
  }
  return picture(width, height, channels, data);
}

function signed(random: UniformSource): number {
  return 2 * random() - 1;
}

function clamp(value: number, largest: number): number {
  return Math.min(Math.max(0, value), largest);
}
