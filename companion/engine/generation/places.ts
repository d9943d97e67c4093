/**
 * Places: several concepts in one picture, each where it belongs. At every step the model is asked once a place, with the
 * place's own prompt and concept, on latents shifted so that the place's centre is the picture's centre, where models put
 * what they are asked for; the answers are blended by soft masks (MultiDiffusion: Bar-Tal et al. 2023, arXiv 2302.08113). The
 * last steps are free: one pass with the whole prompt, so that shadows and light agree.
 */

import type { LocalizedMask } from '../../localization/mask.ts';
import type { Grid } from '../../localization/regions.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { type GuidedPass, openPass, type PassRequest } from './guided-pass.ts';
import { type Shift, shifted } from './shifted-latents.ts';

/** The place of one concept. */
export interface Place extends Pick<PassRequest, 'conditional' | 'concepts'> {
  /** [h, w]: weights of the place's answer; those of all places add up to 1 in each cell. */
  readonly weights: Float32Array;
  /** Brings the place's centre to the picture's centre. */
  readonly shift: Shift;
}

/** Share of the noise levels below which steps are free. */
const FREE_BELOW = 0.2;

/** @param whole the whole prompt, with every concept held to its place by its region */
export async function openPlaces(
  pipeline: Pipeline,
  whole: PassRequest,
  places: readonly Place[],
): Promise<GuidedPass> {
  const { height, width, painted } = whole;
  const grid = { height, width };
  const passes: { readonly place: Place; readonly pass: GuidedPass }[] = [];
  for (const place of places) {
    const { conditional, concepts, shift } = place;
    const seen = painted && shifted(painted, grid, shift);
    const pass = await openPass(pipeline, { ...whole, conditional, concepts, painted: seen });
    passes.push({ place, pass });
  }
  let free: GuidedPass | undefined;
  const output = async (sample: Float32Array, time: number) => {
    if (time < FREE_BELOW * pipeline.noiseProcess.networkTime(pipeline.noiseProcess.trainTimesteps)) {
      free ??= await openPass(pipeline, whole);
      return free.output(sample, time);
    }
    const sum = new Float32Array(sample.length);
    for (const { place, pass } of passes) {
      const answer = await pass.output(shifted(sample, grid, place.shift), time);
      const back = shifted(answer, grid, opposite(place.shift));
      for (let index = 0; index < sum.length; index++) {
        sum[index]! += place.weights[index % place.weights.length]! * back[index]!;
      }
    }
    return sum;
  };
  const masks = () => {
    const found = passes.map(({ place, pass }) => maskIn(place, grid, pass.masks()?.[0]));
    return found.every((mask) => mask !== undefined) ? found : undefined;
  };
  return { output, masks };
}

const opposite = ({ rows, columns }: Shift): Shift => ({ rows: -rows, columns: -columns });

/** The mask where the picture has it, and in the place alone. */
function maskIn(
  { shift, weights }: Place,
  cells: Grid,
  found: LocalizedMask | undefined,
): LocalizedMask | undefined {
  if (found === undefined) return undefined;
  const [down, across] = [cells.height / found.height, cells.width / found.width];
  const coarse = { rows: -Math.round(shift.rows / down), columns: -Math.round(shift.columns / across) };
  const mask = shifted(found.mask, found, coarse).map((value, cell) => {
    const row = Math.floor((Math.floor(cell / found.width) + 0.5) * down);
    const column = Math.floor(((cell % found.width) + 0.5) * across);
    return value * weights[row * cells.width + column]!;
  });
  return { ...found, mask, evidence: shifted(found.evidence, found, coarse) };
}
