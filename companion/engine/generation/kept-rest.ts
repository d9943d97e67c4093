/**
 * Latents of a composition; and where the rest is kept, those of the base model's own picture of the same noise first, which
 * every step of the other holds outside of the regions.
 */

import { addNoise } from '../../diffusion/noise-process.ts';
import type { Hold } from '../../diffusion/samplers/sampler.ts';
import { layBack } from '../../images/painting-frame.ts';
import type { Picture } from '../../images/picture.ts';
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

export interface MadeLatents extends SampledLatents {
  /** Latents of the base model's picture, where the rest is kept. */
  readonly base?: Float32Array;
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
  const { latents: own } = next.value;
  const acting = actingShares(whole);
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
  return { ...step.value, base: own };
}

/** The base model's picture with the regions of the other laid over it: outside of them no byte is another. */
export async function keepBase(
  made: Picture,
  base: Picture,
  { actingShares }: Composition,
): Promise<Picture> {
  const { width, height } = base;
  const region = { left: 0, top: 0, width, height };
  const shares = Uint8Array.from(actingShares({ height, width }), (share) => Math.round(255 * share));
  return layBack(base, made, { width, height, shares, bounds: region }, { width, height, region });
}
