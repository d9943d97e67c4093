/** upscaleOn: a picture at two or four times its size: resampled, then drawn over where its strength says so. */

import { LikenessError } from '../../../shared/errors.ts';
import { IMAGE_MAX_SIDE } from '../../../shared/protocol/limits.ts';
import { encodePng } from '../../images/encode.ts';
import { flatten, type Picture, picture } from '../../images/picture.ts';
import { resizePicture } from '../../images/resize.ts';
import { UPSCALER_MODEL } from '../../matting/matting-folder.ts';
import { MattingProcess } from '../../matting/matting-process.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import { makeFolder, USER_MODES } from '../../storage/atomic-file.ts';
import type { LocalGenerateEvent } from '../events.ts';
import { introduced, settled } from '../generation/opening.ts';
import { openPicture } from '../generation/painting.ts';
import { recordOf, savePicture } from '../generation/picture-file.ts';
import { productOnly, requireProduct } from '../generation/product-only.ts';
import type { GenerateRequest, UpscaleSpec } from '../requests.ts';
import { productMasks } from './product-masks.ts';
import { redrawn } from './redraw.ts';

/** Share of the steps where none is told. Measured: docs/upscaling.md. */
const STRENGTH = 0.3;

/**
 * @throws LikenessError as `generate`; `image-size` where the result would be too large, `image-unknown` for a picture that was
 *   sent and is gone
 */
export async function* upscaleOn(
  model: LoadedModel,
  request: GenerateRequest,
  spec: UpscaleSpec,
): AsyncGenerator<LocalGenerateEvent, void> {
  yield* introduced(model, request);
  const { prompt, settings } = yield* settled(model, request);
  const started = performance.now();
  const { factor, strength = STRENGTH, madeWith } = spec;
  const source = await openPicture(spec.picture);
  if (spec.network !== undefined && factor !== 1) yield { type: 'preparing', part: 'upscaler' };
  const enlarged = await enlargedSource(source, spec, request);
  if (request.out !== undefined) await makeFolder(request.out, USER_MODES);
  const drawing = { spec, prompt, settings, strength, over: enlarged.opaque };
  // Where nothing is drawn, they are looked for to tell the product from its scene.
  const masks =
    strength > 0 || request.productOnly ? yield* productMasks(model, request, prompt, settings, source) : [];
  requireProduct(request, masks.length > 0);
  const drawn =
    strength === 0 ? enlarged.opaque : yield* redrawn(model, request, { ...drawing, source, masks });
  const image = await productOnly(withAlphaOf(enlarged, drawn), masks, request);
  const { seed } = request;
  const upscaled = {
    width: source.width,
    height: source.height,
    factor,
    strength,
    ...(spec.network !== undefined && factor !== 1 && { by: UPSCALER_MODEL }),
    ...(madeWith !== undefined && { seed: madeWith }),
  };
  const { mentioned } = prompt;
  const record = recordOf({ seed, settings, mentioned }, model, request, undefined, upscaled);
  const png = await encodePng(image, record);
  const file = request.out === undefined ? undefined : await savePicture(request.out, png, { seed, request });
  const { width, height } = image;
  const seconds = (performance.now() - started) / 1000;
  yield { type: 'picture', picture: 0, count: 1, seed, width, height, png, image, file, seconds, masks };
}

interface EnlargedSource {
  /** Opaque: transparency stands before white. */
  readonly opaque: Picture;
  /** With alpha, where the picture has any. */
  readonly whole: Picture;
}

/** @throws LikenessError `image-size` where it would be larger than a picture may be */
async function enlargedSource(
  source: Picture,
  { factor, network }: UpscaleSpec,
  { threads, signal }: GenerateRequest,
): Promise<EnlargedSource> {
  const [width, height] = [source.width * factor, source.height * factor];
  if (Math.max(width, height) > IMAGE_MAX_SIDE) {
    const most = Math.floor(IMAGE_MAX_SIDE / factor);
    throw new LikenessError(
      'image-size',
      `${factor} times ${source.width} x ${source.height} is ${width} x ${height}, expected at most ${IMAGE_MAX_SIDE} a side`,
      {
        advice:
          factor === 4 && 2 * Math.max(source.width, source.height) <= IMAGE_MAX_SIDE
            ? 'Enlarge it 2 times.'
            : `Use a picture of at most ${most} pixels a side.`,
      },
    );
  }
  const whole = await resizePicture(source, width, height);
  if (network === undefined || factor === 1) return { opaque: flatten(whole), whole };
  const process = new MattingProcess({ folder: network, threads });
  const stop = () => process.close();
  signal?.addEventListener('abort', stop);
  try {
    return { opaque: await process.enlarge(flatten(source), 'the picture', factor), whole };
  } finally {
    signal?.removeEventListener('abort', stop);
    process.close();
  }
}

/** Alpha below which the share of white is too large to take it out of a colour. */
const CLEAR = 0.1;

/**
 * What was drawn, with the enlarged picture's alpha; the white that shone through is taken out of its colours.
 * @param drawn opaque, as large
 */
function withAlphaOf({ whole }: EnlargedSource, drawn: Picture): Picture {
  if (whole.channels === 3) return drawn;
  const { width, height } = whole;
  const data = new Uint8Array(whole.data);
  for (let pixel = 0; pixel < width * height; pixel++) {
    const alpha = data[4 * pixel + 3]! / 255;
    if (alpha < CLEAR) continue;
    for (let channel = 0; channel < 3; channel++) {
      const ink = (255 - drawn.data[3 * pixel + channel]!) / alpha;
      data[4 * pixel + channel] = Math.max(0, Math.round(255 - ink));
    }
  }
  return picture(width, height, 4, data);
}
