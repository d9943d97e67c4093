/** Product only: a picture without its scene, by the network that removes backgrounds where there is one, else by its masks. */

import { LikenessError, PROGRAM } from '../../../shared/errors.ts';
import type { Picture } from '../../images/picture.ts';
import { MattingProcess } from '../../matting/matting-process.ts';
import { productAlone } from '../../matting/product-alone.ts';
import type { MaskReport } from '../events.ts';
import type { GenerateRequest } from '../requests.ts';

type Asked = Pick<GenerateRequest, 'productOnly' | 'threads'>;

/** @throws LikenessError `input` where nothing would tell the product from its scene */
export function requireProduct({ productOnly }: Asked, hasConcept: boolean): void {
  if (productOnly === undefined || productOnly.network !== undefined || hasConcept) return;
  throw new LikenessError('input', 'the product alone was asked for, and no concept acts in this picture', {
    advice: `Mention a concept in the prompt, with a mask other than "off", or run "${PROGRAM} models pull matting" once.`,
  });
}

/** The picture itself where its product is not asked for alone, or was not found. */
export async function productOnly(
  image: Picture,
  masks: readonly MaskReport[],
  { productOnly: requested, threads }: Asked,
): Promise<Picture> {
  if (requested === undefined) return image;
  if (requested.network !== undefined) {
    const matting = new MattingProcess({ folder: requested.network, threads });
    try {
      return await matting.cutOut(image, 'the picture', masks);
    } finally {
      matting.close();
    }
  }
  return (await productAlone(image, masks)) ?? image;
}
