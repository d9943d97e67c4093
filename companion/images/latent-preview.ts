/**
 * latentPreview: a rough picture of latents without running the decoder. In latent spaces of four channels colour is
 * nearly a linear function of them, so that one small matrix shows a step's progress at no cost.
 *
 * The matrix belongs to a VAE. It is fitted here from pictures and their latents, which teaching has at hand.
 */

import { fromModelRange } from './encode.ts';
import type { Picture } from './picture.ts';

export interface LatentColours {
  /** [latent channels][3]: what one unit of a channel adds to red, green and blue, -1..1. */
  readonly factors: readonly (readonly [number, number, number])[];
  readonly bias: readonly [number, number, number];
}

/** One value for each latent cell of a picture. */
export interface LatentExample {
  /** [channels, height, width] */
  readonly latents: Float32Array;
  /** [3, height, width], -1..1: the picture averaged over each cell. */
  readonly colours: Float32Array;
}

/** A touch of ridge keeps the fit solvable when a channel does not vary in the examples. */
const RIDGE = 1e-4;

/** rgb = factors^T latents + bias, one pixel for each cell. @param latents [channels, height, width] */
export function latentPreview(
  latents: Float32Array,
  height: number,
  width: number,
  map: LatentColours,
): Picture {
  const plane = height * width;
  if (latents.length !== map.factors.length * plane) {
    throw new Error(
      `internal: ${latents.length} latents, expected [${map.factors.length}, ${height}, ${width}]`,
    );
  }
  const colours = new Float32Array(3 * plane);
  for (let colour = 0; colour < 3; colour++) {
    for (let cell = 0; cell < plane; cell++) {
      let value = map.bias[colour]!;
      map.factors.forEach((factor, channel) => {
        value += factor[colour]! * latents[channel * plane + cell]!;
      });
      colours[colour * plane + cell] = value;
    }
  }
  return fromModelRange(colours, width, height);
}

/** Least squares over all cells of all examples. */
export function fitLatentColours(examples: readonly LatentExample[], channels = 4): LatentColours {
  const order = channels + 1; // the last column is the bias
  const moments = Array.from({ length: order }, () => new Float64Array(order + 3));
  for (const { latents, colours } of examples) {
    const plane = colours.length / 3;
    if (latents.length !== channels * plane) {
      throw new Error(`internal: ${latents.length} latents do not match ${colours.length} colours`);
    }
    for (let cell = 0; cell < plane; cell++) {
      const inputs = [
        ...Array.from({ length: channels }, (_, channel) => latents[channel * plane + cell]!),
        1,
      ];
      const outputs = [0, 1, 2].map((colour) => colours[colour * plane + cell]!);
      const row = [...inputs, ...outputs];
      inputs.forEach((input, index) => {
        for (let column = 0; column < row.length; column++) moments[index]![column]! += input * row[column]!;
      });
    }
  }
  const cells = moments[channels]![channels]!;
  for (let index = 0; index < channels; index++) moments[index]![index]! += RIDGE * cells;
  const solved = solve(moments).map((row) => [row[0]!, row[1]!, row[2]!] as const);
  return { factors: solved.slice(0, channels), bias: solved[channels]! };
}

/** Gauss-Jordan on [order, order + 3] with pivoting; returns the three right-hand columns. */
function solve(rows: readonly Float64Array[]): readonly (readonly number[])[] {
  const work = rows.map((row) => Array.from(row));
  const order = work.length;
  for (let column = 0; column < order; column++) {
    let pivot = column;
    for (let row = column + 1; row < order; row++) {
      if (Math.abs(work[row]![column]!) > Math.abs(work[pivot]![column]!)) pivot = row;
    }
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    const lead = work[column]![column]!;
    if (lead === 0) throw new Error('internal: no cells to fit latent colours from');
    work[column] = work[column]!.map((value) => value / lead);
    for (let row = 0; row < order; row++) {
      const factor = work[row]![column]!;
      if (row === column || factor === 0) continue;
      work[row] = work[row]!.map((value, index) => value - factor * work[column]![index]!);
    }
  }
  return work.map((row) => row.slice(order));
}
