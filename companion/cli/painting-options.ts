/** Options of `generate` for a picture to start from, the part of it that is painted, and the places of concepts. */

import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { InvalidArgumentError, Option } from 'commander';
import { LikenessError } from '../../shared/errors.ts';
import type { ImageSize } from '../../shared/geometry.ts';
import { MASK_MODES, type MaskMode } from '../../shared/protocol/requests.ts';
import type { ConceptRegion, GenerateRequest } from '../engine/requests.ts';
import { conceptName, conceptStrength, wholeNumber } from './options.ts';

/** A soft edge wider than this is no edge: an eighth of the largest picture. */
const FEATHER_MAX_PX = 512;

/** A mode of the concepts' masks, or the file of a mask picture; both, where the option is given twice. */
interface MaskChoice {
  readonly mode?: MaskMode;
  readonly picture?: string;
}

function maskChoice(text: string, before: MaskChoice | undefined): MaskChoice {
  const mode = MASK_MODES.find((known) => known === text);
  if (mode !== undefined) return { ...before, mode };
  if (extname(text) !== '' || existsSync(text)) return { ...before, picture: text };
  throw new InvalidArgumentError(`Expected ${MASK_MODES.join(', ')}, or a picture whose white is painted.`);
}

/** A region as it was typed: its unit is known once the picture's size is. */
interface TypedRegion extends Omit<ConceptRegion, 'feather'> {
  readonly unit: 'shares' | 'pixels';
  readonly featherPx?: number;
}

const NUMBER = '(\\d+(?:\\.\\d+)?|\\.\\d+)';
const REGION = new RegExp(
  `^@?([^=]+)=${[NUMBER, NUMBER, NUMBER, NUMBER].join(',')}(?:,feather=${NUMBER})?(?:,strength=${NUMBER})?$`,
);

/**
 * "aurora=0.1,0.3,0.4,0.6", or in pixels "aurora=64,128,200,200"; then ",feather=12" and ",strength=0.8".
 * @internal
 */
export function typedRegion(text: string, before: readonly TypedRegion[]): readonly TypedRegion[] {
  const parsed = REGION.exec(text);
  const expected = 'Expected NAME=x,y,width,height, in shares of the picture (0 to 1) or in pixels.';
  if (parsed === null) throw new InvalidArgumentError(expected);
  const [, name = '', ...values] = parsed;
  const [x, y, width, height] = values.slice(0, 4).map(Number) as [number, number, number, number];
  const [feather, strength] = values.slice(4);
  if (width === 0 || height === 0) throw new InvalidArgumentError(`${expected} Width and height above 0.`);
  return [
    ...before,
    {
      concept: conceptName(name),
      x,
      y,
      width,
      height,
      unit: [x, y, width, height].every((value) => value <= 1) ? 'shares' : 'pixels',
      ...(feather !== undefined && { featherPx: Number(feather) }),
      ...(strength !== undefined && { strength: Number(strength) }),
    },
  ];
}

/**
 * Regions in shares of a picture of this size.
 * @throws LikenessError `input` for one that lies outside of the picture
 * @internal
 */
export function regionsOf(
  typed: readonly TypedRegion[],
  { width, height }: ImageSize,
): readonly ConceptRegion[] {
  return typed.map(({ unit, featherPx, ...region }) => {
    const [across, down] = unit === 'shares' ? [1, 1] : [width, height];
    const shares = {
      ...region,
      x: region.x / across,
      y: region.y / down,
      width: region.width / across,
      height: region.height / down,
      ...(featherPx !== undefined && { feather: featherPx / Math.min(width, height) }),
    };
    if (
      shares.x < 1 &&
      shares.y < 1 &&
      shares.x + shares.width <= 1.001 &&
      shares.y + shares.height <= 1.001
    ) {
      return shares;
    }
    throw new LikenessError(
      'input',
      `the region of @${region.concept} leaves the picture of ${width} x ${height} pixels`,
      { advice: 'Give x, y, width and height from the top left, in pixels or in shares from 0 to 1.' },
    );
  });
}

export function paintingOptions(): readonly Option[] {
  const modes = MASK_MODES.map((mode) => `"${mode}"`).join(', ');
  return [
    new Option(
      '--mask <mode>',
      `where concepts act: ${modes} (default: the model's own); or a picture, whose white is the part of --init that is painted; may be given twice`,
    ).argParser(maskChoice),
    new Option(
      '--strength <x>',
      'of the concepts, 1 as taught (default: 1); with --init: how much of it is painted anew, 0 to 1 (default: 0.6, with a mask 1)',
    ).argParser(conceptStrength),
    new Option('--concept-strength <x>', 'of the concepts beside --init, 1 as taught').argParser(
      conceptStrength,
    ),
    new Option('--init <picture>', 'start from this picture (PNG, JPEG, WebP)'),
    new Option('--feather <px>', 'soft edge outside of a mask picture (default: 8)').argParser(
      wholeNumber(0, FEATHER_MAX_PX),
    ),
    new Option(
      '--region <name=x,y,w,h>',
      'where a concept may act, in pixels or shares of the picture, then ,feather=PX ,strength=X; may be repeated',
    )
      .argParser(typedRegion)
      .default([], 'everywhere'),
    new Option(
      '--keep-rest',
      "outside of all regions the picture is the base model's, byte for byte (default: so too for one concept, but for what it drew there of the product)",
    ),
    new Option('--no-keep-rest', 'the rest may change with the product: half of the steps'),
    new Option(
      '--together <how>',
      'several concepts get a place each, their region or side by side, or words alone (default: places)',
    ).choices(['places', 'words']),
  ];
}

export interface PaintingFlags {
  readonly size?: ImageSize;
  readonly init?: string;
  readonly strength?: number;
  readonly conceptStrength?: number;
  readonly mask?: MaskChoice;
  readonly feather?: number;
  readonly region: readonly TypedRegion[];
  readonly keepRest?: boolean;
  readonly together?: 'places' | 'words';
}

/**
 * The pictures are decoded here, in the decoder's process. @param model its folder or file
 * @throws LikenessError `image-*`, `input`
 */
export async function paintingOf(
  flags: PaintingFlags,
  model: string,
): Promise<Pick<GenerateRequest, 'init' | 'mask' | 'regions' | 'keepRest' | 'together' | 'strength'>> {
  // Loaded here, since onnxruntime and sharp would make `--help` wait.
  const { decodePicture } = await import('../images/decode.ts');
  const { readResolution } = await import('../pipeline/loaded-model.ts');
  const { init, mask, feather, strength, conceptStrength, region, keepRest, together } = flags;
  if (init === undefined && (mask?.picture !== undefined || feather !== undefined)) {
    const got = mask?.picture === undefined ? '--feather' : `--mask ${mask.picture}`;
    throw new LikenessError('input', `${got} paints a part of a picture, and there is none`, {
      advice: 'Give the picture with --init.',
    });
  }
  if (feather !== undefined && mask?.picture === undefined) {
    throw new LikenessError('input', '--feather softens the edge of a mask picture, and there is none', {
      advice: 'Give the mask with --mask PICTURE, or leave --feather out.',
    });
  }
  if (init !== undefined && strength !== undefined && strength > 1) {
    throw new LikenessError('input', `--strength ${strength}: with --init it is 0 to 1`, {
      advice: 'Strength of concepts beside a picture is --concept-strength.',
    });
  }
  const picture = init === undefined ? undefined : await decodePicture(init);
  const painted = mask?.picture === undefined ? undefined : await decodePicture(mask.picture);
  const side = region.length > 0 && picture === undefined ? await readResolution(model) : 0;
  const size = picture ?? flags.size ?? { width: side, height: side };
  return {
    strength: conceptStrength ?? (init === undefined ? (strength ?? 1) : 1),
    ...(picture && { init: { picture, strength } }),
    ...(painted && { mask: { picture: painted, featherPx: feather } }),
    ...(region.length > 0 && { regions: regionsOf(region, size) }),
    ...(keepRest !== undefined && { keepRest }),
    ...(together && { together }),
  };
}
