/** Finished picture: latents decoded and laid where they belong, with masks and the record of how it was made, as a PNG. */

import { encodePng } from '../../images/encode.ts';
import type { Picture } from '../../images/picture.ts';
import type { LoadedModel } from '../../pipeline/loaded-model.ts';
import type { SamplingSettings } from '../../pipeline/settings.ts';
import type { LocalGenerateEvent, MaskReport } from '../events.ts';
import type { GenerateRequest } from '../requests.ts';
import type { Composition } from './composition.ts';
import { keepBase, type MadeLatents } from './kept-rest.ts';
import { finishPainting, type PlannedPainting, reportInOriginal } from './painting.ts';
import type { PictureCodec } from './picture-codec.ts';
import { recordOf, savePicture } from './picture-file.ts';
import { cutToFit, type WorkedPart } from './picture-size.ts';
import { withOwnPixels } from './product-layout.ts';
import { productOnly } from './product-only.ts';
import { finishProduct, type PlannedProduct, reportProduct } from './product-placing.ts';
import type { MadeScene } from './product-scene.ts';
import type { MentionedConcept } from './prompt.ts';

/** Request, model and plans that all pictures of a generation share. */
export interface Finishing {
  readonly model: LoadedModel;
  readonly request: GenerateRequest;
  readonly settings: SamplingSettings;
  readonly mentioned: readonly MentionedConcept[];
  readonly composition: Composition;
  readonly planned: PlannedPainting | undefined;
  readonly product: PlannedProduct | undefined;
  /** The picture that was asked for as a part of the one that is made; undefined: that is the one. */
  readonly fit: WorkedPart | undefined;
  readonly codec: PictureCodec;
}

type PictureFacts = Omit<Extract<LocalGenerateEvent, { type: 'picture' }>, 'type' | 'seconds'>;

/** @param picture its number, from 0. @throws LikenessError `checkpoint-*` where it cannot be decoded, `memory`, `storage` */
export async function finishedPicture(
  finishing: Finishing,
  made: MadeLatents | MadeScene,
  picture: number,
): Promise<PictureFacts> {
  const { model, request, settings, mentioned, planned, product, fit, codec } = finishing;
  const { count } = request;
  const seed = request.seed + picture;
  const finished = 'painted' in made ? await finishProduct(made.painted, product!) : undefined;
  const whole =
    'painted' in made ? finished!.image : await finishPainting(await decoded(codec, made), planned);
  const masks = reportsOf(finishing, made.masks);
  const cut = fit === undefined ? whole : await cutToFit(whole, fit);
  const image = await productOnly(cut, masks, request);
  const record = recordOf({ seed, settings, mentioned, product: finished }, model, request, planned);
  const png = await encodePng(image, record);
  const file = request.out === undefined ? undefined : await savePicture(request.out, png, { seed, request });
  const kept = finished ? { product: await reportProduct(finished, product!, file) } : {};
  const { width, height } = image;
  return { picture, count, seed, width, height, png, image, file, masks, ...kept };
}

async function decoded(codec: PictureCodec, { latents, base, layout }: MadeLatents): Promise<Picture> {
  const [own, kept] = await codec.decode(latents, ...(base === undefined ? [] : [base.latents]));
  const made = layout === undefined ? own! : withOwnPixels(own!, layout);
  return base === undefined ? made : keepBase(made, kept!, base);
}

/** Masks on the whole of the original that the picture is laid back into. */
function reportsOf(
  { composition, planned, product, fit }: Finishing,
  masks: MadeLatents['masks'] = [],
): readonly MaskReport[] {
  const aroundProduct = product && { original: product.layout, frame: product.frame };
  return masks.map(({ mask, height, width, confidence }, index) => {
    const concept = composition.active[index]!.concept.name;
    const own = { concept, rows: height, columns: width, values: mask, confidence };
    return reportInOriginal(own, planned?.mask === undefined ? (aroundProduct ?? fit) : planned);
  });
}
