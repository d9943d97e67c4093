/**
 * Latents of a composition; and where the rest is kept, those of the base model's own picture of the same noise first, which
 * every step of the other holds outside of the regions, and where wished not where the base model drew a product of its own.
 */

import { addNoise } from '../../diffusion/noise-process.ts';
import type { Hold } from '../../diffusion/samplers/sampler.ts';
import { layBack } from '../../images/painting/painting-frame.ts';
import type { Picture } from '../../images/picture.ts';
import type { LocalizedMask } from '../../localization/mask.ts';
import type { Grid } from '../../localization/regions.ts';
import { enlarge } from '../../localization/resample.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import type { Composition } from './composition.ts';
import type { PassRequest } from './guided-pass.ts';
import { type PlacesMaking, samplePlaces, stepsWithPlaces } from './places.ts';
import type { ProductLayout } from './product-layout.ts';
import { type PictureStep, type SampledLatents, samplePicture } from './sample-picture.ts';

/** Everything that the steps of a composition ask of the model. */
export function passesOf({ whole, places = [], base }: Composition): readonly PassRequest[] {
  const ofPlaces = places.map(({ concepts }) => ({ ...whole, concepts }));
  return [whole, ...ofPlaces, ...(base === undefined ? [] : [base])];
}

interface KeptBase {
  readonly latents: Float32Array;
  /** Shares of cells or pixels that are not its own, 0..1, at any resolution. */
  readonly changed: Composition['actingShares'];
}

export interface MadeLatents extends SampledLatents {
  /** The base model's picture, where the rest is kept. */
  readonly base?: KeptBase;
  /** Several products, as they were laid into their places. */
  readonly layout?: ProductLayout;
}

/** @returns latents with those of the base model's picture, where it is made too. Steps count both. */
export async function* makeLatents(
  pipeline: Pipeline,
  { whole, places, base, actingShares }: Composition,
  { codec, ...making }: PlacesMaking,
): AsyncGenerator<PictureStep, MadeLatents> {
  const composed = (own: Omit<PlacesMaking, 'codec'>): AsyncGenerator<PictureStep, MadeLatents> =>
    places === undefined
      ? samplePicture(pipeline, { ...whole, ...own })
      : samplePlaces(pipeline, whole, places, { codec, ...own });
  if (base === undefined) return yield* composed(making);
  const kept: Float32Array[] = [];
  const first = samplePicture(pipeline, { ...base, ...making });
  let next = await first.next();
  for (; !next.done; next = await first.next()) {
    const { steps } = next.value;
    kept.push(next.value.latents);
    const more = places ? stepsWithPlaces(places.length, whole.settings.steps, making) : steps;
    yield { ...next.value, steps: steps + more };
  }
  const { latents: own, masks = [] } = next.value;
  const changed = changedShares(actingShares, masks);
  const acting = changed(whole);
  const hold = (noise: Float32Array): Hold => {
    const others = making.hold?.(noise);
    return (x, level, step) => {
      // A scene of several products takes the last steps alone.
      const rest = places === undefined ? kept[step]! : addNoise(own, noise, level);
      const within = others === undefined ? x : others(x, level, step);
      return within.map((value, index) => {
        const share = acting[index % acting.length]!;
        return share * value + (1 - share) * rest[index]!;
      });
    };
  };
  const second = composed({ ...making, hold, around: own });
  let step = await second.next();
  for (; !step.done; step = await second.next()) {
    const { steps } = step.value;
    yield { ...step.value, step: kept.length + step.value.step, steps: kept.length + steps };
  }
  return { ...step.value, base: { latents: own, changed } };
}

/**
 * Share of the base model's own product that may lie outside of the regions and stay, such as a handle: the rest is then the base
 * model's byte for byte. Of more than that half a product would stand beside the region. Tried on likeness-base-128 in regions of
 * 60 % by 65 %: from 0.15 down a twentieth of all change and more lies outside.
 */
const STAYING_SHARE = 0.2;

/** Shares that are not the base model's: those of the regions, and where more of it lies outside, its own product's. */
function changedShares(
  actingShares: Composition['actingShares'],
  masks: readonly LocalizedMask[],
): Composition['actingShares'] {
  const spilled = masks.filter(({ mask, ...cells }) => {
    const acting = actingShares(cells);
    const all = mask.reduce((sum, value) => sum + value, 0);
    const outside = mask.reduce((sum, value, cell) => sum + value * (1 - acting[cell]!), 0);
    return outside > STAYING_SHARE * all;
  });
  const own = spilled.map(({ mask, ...cells }) => ({ mask: widened(mask, cells), cells }));
  return (grid) => {
    const widths = own.map(({ mask, cells }) => enlarge(mask, cells, grid));
    return actingShares(grid).map((share, at) => Math.max(share, ...widths.map((mask) => mask[at]!)));
  };
}

/** By a cell on all sides: masks end on an object's edge, and beside it is its shadow. */
function widened(mask: Float32Array, { height, width }: Grid): Float32Array {
  return mask.map((_, cell) => {
    const [row, column] = [Math.floor(cell / width), cell % width];
    let most = 0;
    for (let y = Math.max(0, row - 1); y <= Math.min(height - 1, row + 1); y++) {
      for (let x = Math.max(0, column - 1); x <= Math.min(width - 1, column + 1); x++) {
        most = Math.max(most, mask[y * width + x]!);
      }
    }
    return most;
  });
}

/** The base model's picture with the regions of the other laid over it: outside of them no byte is another. */
export async function keepBase(
  made: Picture,
  base: Picture,
  { changed }: Pick<KeptBase, 'changed'>,
): Promise<Picture> {
  const { width, height } = base;
  const region = { left: 0, top: 0, width, height };
  const shares = Uint8Array.from(changed({ height, width }), (share) => Math.round(255 * share));
  return layBack(base, made, { width, height, shares, bounds: region }, { width, height, region });
}
