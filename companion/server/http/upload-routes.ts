/** Pictures for teaching, for clients that would rather not put them into binary frames. */

import { readFile } from 'node:fs/promises';
import { Router } from 'express';
import { type ImageReceived, routes } from '../../../shared/protocol/http.ts';
import { imageIdSchema } from '../../../shared/protocol/ids.ts';
import { IMAGE_MAX_BYTES } from '../../../shared/protocol/limits.ts';
import type { Uploads } from '../uploads.ts';
import { clientOf } from './authorization.ts';
import { parsed } from './parsed.ts';
import type { FileReceiver } from './received-file.ts';

export function imageRoutes(uploads: Uploads, receiver: FileReceiver): Router {
  const router = Router();
  router.post(routes.image(':image'), async (request, response) => {
    const id = parsed(imageIdSchema, request.params.image, 'the address');
    await receiver.receive(request, { maxBytes: IMAGE_MAX_BYTES, code: 'image-size' }, async (path) => {
      await uploads.take(clientOf(response)!.id, { id, bytes: await readFile(path) });
    });
    response.status(201).json({ image: id } satisfies ImageReceived);
  });
  return router;
}
