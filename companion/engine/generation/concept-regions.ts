/** ConceptRegions: where each concept of a request may act, on the part of the original that the model works at. */

import { LikenessError } from '../../../shared/errors.ts';
import type { UnitBox } from '../../../shared/geometry.ts';
import type { PaintingFrame } from '../../images/painting/painting-frame.ts';
import { regionShares } from '../../localization/drawn-region.ts';
import type { Grid } from '../../localization/regions.ts';
import type { ConceptRegion, GenerateRequest } from '../requests.ts';
import type { WorkedPart } from './picture-size.ts';
import type { MentionedConcept } from './prompt.ts';

/** Part of the original that the model works at; regions are told on the whole of it. */
export type RegionFrame = PaintingFrame & Pick<WorkedPart, 'original'>;

/** Width of a region's soft edge where none is told, of the picture's shorter side. */
const FEATHER_SHARE = 1 / 32;

export class ConceptRegions {
  readonly #regions: ReadonlyMap<string, readonly ConceptRegion[]>;
  readonly #frame: RegionFrame | undefined;

  /** @throws LikenessError `input` for a region of a concept that the prompt does not mention */
  constructor(
    { regions = [] }: Pick<GenerateRequest, 'regions'>,
    mentioned: readonly MentionedConcept[],
    frame: RegionFrame | undefined,
  ) {
    const known = mentioned.map(({ concept }) => concept.name);
    const other = regions.find(({ concept }) => !known.includes(concept));
    if (other !== undefined) throw unmentioned(other.concept, known);
    const own = known.map((name) => [name, regions.filter(({ concept }) => concept === name)] as const);
    this.#regions = new Map(own.filter(([, some]) => some.length > 0));
    this.#frame = frame;
  }

  has(name: string): boolean {
    return this.#regions.has(name);
  }

  /** Shares of cells in which the concept may act, [height, width], 0 to 1; undefined where it has no region. */
  shares(name: string, grid: Grid): Float32Array | undefined {
    const regions = this.#regions.get(name);
    if (regions === undefined) return undefined;
    const feather = regions.find((one) => one.feather !== undefined)?.feather ?? FEATHER_SHARE;
    return regionShares(this.#boxes(regions), feather, grid);
  }

  /** The smallest rectangle around all of the concept's regions; undefined without any. */
  bounds(name: string): UnitBox | undefined {
    const boxes = this.#boxes(this.#regions.get(name) ?? []);
    if (boxes.length === 0) return undefined;
    const x = Math.min(...boxes.map((one) => one.x));
    const y = Math.min(...boxes.map((one) => one.y));
    const right = Math.max(...boxes.map((one) => one.x + one.width));
    const bottom = Math.max(...boxes.map((one) => one.y + one.height));
    return { x, y, width: right - x, height: bottom - y };
  }

  /** @throws LikenessError `input`: a concept that may act everywhere leaves nothing of the rest to keep */
  requireEach(active: readonly MentionedConcept[]): void {
    const free = active.find(({ concept }) => !this.has(concept.name));
    if (free === undefined) return;
    throw new LikenessError('input', `the rest is to be kept, and @${free.concept.name} has no region`, {
      advice: 'Draw a region for every concept of the prompt.',
    });
  }

  #boxes(regions: readonly UnitBox[]): readonly UnitBox[] {
    return regions.map((region) => inFrame(region, this.#frame));
  }
}

function unmentioned(name: string, known: readonly string[]): LikenessError {
  return new LikenessError('input', `there is a region of @${name}, and the prompt has no such mention`, {
    advice:
      known.length === 0
        ? 'Mention the concept in the prompt.'
        : `Mentioned are ${known.map((one) => `@${one}`).join(', ')}.`,
  });
}

/** A region of the whole original, on the part that the model works at. */
function inFrame(region: UnitBox, frame: RegionFrame | undefined): UnitBox {
  if (frame === undefined) return region;
  const { original, region: part } = frame;
  return {
    x: (region.x * original.width - part.left) / part.width,
    y: (region.y * original.height - part.top) / part.height,
    width: (region.width * original.width) / part.width,
    height: (region.height * original.height) / part.height,
  };
}
