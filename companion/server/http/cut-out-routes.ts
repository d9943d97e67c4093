/** `cutOutRoutes`: photos without their backgrounds, for clients. Nothing of them is kept. */

import { readFile } from 'node:fs/promises';
import { Router } from 'express';
import { LikenessError } from '../../../shared/errors.ts';
import { routes } from '../../../shared/protocol/http.ts';
import { IMAGE_MAX_BYTES, IMAGE_MAX_PIXELS, IMAGE_MAX_SIDE } from '../../../shared/protocol/limits.ts';
import { decodeInProcess } from '../../images/decode.ts';
import { encodePng } from '../../images/encode.ts';
import type { MattingProcess } from '../../matting/matting-process.ts';
import { sendBytes } from './app.ts';
import { clientOf } from './gate.ts';
import type { FileKind, FileReceiver } from './upload-routes.ts';

const PHOTO: FileKind = { maxBytes: IMAGE_MAX_BYTES, code: 'image-size' };

/** Errors in place of the picture's name, which the client knows. */
const LABEL = 'the picture';

export function cutOutRoutes(matting: MattingProcess, receiver: FileReceiver): Router {
  const router = Router();
  router.post(routes.cutOuts, async (request, response) => {
    const client = clientOf(response)!.id;
    const png = await receiver.receive(request, PHOTO, async (path) => {
      const limits = { maxPixels: IMAGE_MAX_PIXELS, maxSide: IMAGE_MAX_SIDE };
      const { picture } = await decodeInProcess(await readFile(path), { label: LABEL, limits, client });
      return encodePng(await matting.cutOut(picture, LABEL).catch(forPanel));
    });
    await sendBytes(response, 'png', png);
  });
  return router;
}

/** The same error with advice that can be followed in the panel. */
function forPanel(error: unknown): never {
  if (!(error instanceof LikenessError) || !error.code.startsWith('checkpoint-')) throw error;
  throw new LikenessError(error.code, error.message, {
    advice: 'Get background removal under Models, or cut the product out in Figma.',
    cause: error,
  });
}
