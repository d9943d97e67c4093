/** `jobRoutes`: jobs that have ended and their pictures, over HTTP. Jobs under way come through the socket. */

import { type Request, Router } from 'express';
import { LikenessError } from '../../../shared/errors.ts';
import type { CellMask } from '../../../shared/mask.ts';
import { conceptNameSchema } from '../../../shared/protocol/concept.ts';
import { type History, historyQuerySchema, routes } from '../../../shared/protocol/http.ts';
import { type JobId, jobIdSchema } from '../../../shared/protocol/ids.ts';
import { CATALOGUE_MAX_CELLS, GENERATE_MAX_COUNT } from '../../../shared/protocol/limits.ts';
import { layerNameSchema } from '../../../shared/protocol/product.ts';
import { z } from '../../../shared/protocol/zod.ts';
import { decodeInProcess } from '../../images/decode.ts';
import { encodePng } from '../../images/encode.ts';
import { picture as pictureOf } from '../../images/picture.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import type { MattingProcess } from '../../matting/matting-process.ts';
import { parsed, sendBytes } from './app.ts';
import { clientOf } from './gate.ts';

const JOB = routes.job(':job');
/** Stands in for the picture's name, which the client knows. */
const LABEL = 'the picture';
/** Pattern of an address: a name in place of its number. */
const ANY_PICTURE = ':picture' as unknown as number;

const jobAddress = z.object({ job: jobIdSchema });
const pictureAddress = z.object({
  job: jobIdSchema,
  picture: z
    .string()
    .regex(/^\d{1,3}$/)
    .transform(Number)
    .pipe(z.number().max(Math.max(GENERATE_MAX_COUNT, CATALOGUE_MAX_CELLS) - 1)),
});
const layerAddress = pictureAddress.extend({ layer: layerNameSchema });
const maskAddress = pictureAddress.extend({ concept: conceptNameSchema });

/** @param matting removes the scene around a product */
export function jobRoutes(queue: JobQueue, matting: MattingProcess): Router {
  const router = Router();

  router.get(routes.jobs, async (request, response) => {
    const query = parsed(historyQuerySchema, request.query, 'the query');
    response.json((await queue.history.search(query)) satisfies History);
  });

  router.delete(routes.jobs, async (_request, response) => {
    await queue.history.removeEnded();
    response.status(204).end();
  });

  router.get(JOB, (request, response) => {
    response.json(queue.get(addressed(jobAddress, request).job));
  });

  router.delete(JOB, async (request, response) => {
    await queue.history.remove(addressed(jobAddress, request).job);
    response.status(204).end();
  });

  router.get(routes.picture(':job', ANY_PICTURE), async (request, response) => {
    const { job, picture } = addressed(pictureAddress, request);
    await sendBytes(response, 'png', await queue.history.picture(job, picture));
  });

  router.get(routes.product(':job', ANY_PICTURE), async (request, response) => {
    const { job, picture } = addressed(pictureAddress, request);
    const png = await queue.history.picture(job, picture);
    const { picture: pixels } = await decodeInProcess(png, { label: LABEL, client: clientOf(response)!.id });
    const masks = await masksOf(queue, job, picture);
    await sendBytes(response, 'png', await encodePng(await matting.cutOut(pixels, LABEL, masks)));
  });

  router.get(routes.layer(':job', ANY_PICTURE, ':layer'), async (request, response) => {
    const { job, picture, layer } = addressed(layerAddress, request);
    await sendBytes(response, 'png', await queue.history.layer(job, picture, layer));
  });

  router.get(routes.mask(':job', ANY_PICTURE, ':concept'), async (request, response) => {
    await sendBytes(response, 'png', await maskPng(queue, addressed(maskAddress, request)));
  });

  return router;
}

function addressed<T>(schema: z.ZodType<T>, request: Request): T {
  return parsed(schema, request.params, 'the address');
}

interface MaskAddress {
  readonly job: JobId;
  readonly picture: number;
  readonly concept: string;
}

/** One a concept. */
async function masksOf(queue: JobQueue, job: JobId, picture: number): Promise<readonly CellMask[]> {
  const masks: CellMask[] = [];
  for await (const { header, payload } of queue.history.frames(job, picture)) {
    if (header.kind !== 'mask') continue;
    const { rows, columns } = header;
    masks.push({ rows, columns, values: Array.from(payload, (value) => value / 255) });
  }
  return masks;
}

/** Grey, a pixel a cell. */
async function maskPng(queue: JobQueue, { job, picture, concept }: MaskAddress): Promise<Uint8Array> {
  for await (const { header, payload } of queue.history.frames(job, picture)) {
    if (header.kind !== 'mask' || header.concept !== concept) continue;
    const grey = Uint8Array.from(
      { length: payload.length * 3 },
      (_, index) => payload[Math.floor(index / 3)]!,
    );
    return encodePng(pictureOf(header.columns, header.rows, 3, grey));
  }
  throw new LikenessError('job-unknown', `picture ${picture} of job ${job} has no mask of ${concept}`);
}
