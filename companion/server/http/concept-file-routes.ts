/** `conceptFileRoutes`: what a concept is kept as, over HTTP: its thumbnail, what was learned, its file and that file for other programs. */

import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { type Request, Router } from 'express';
import { LikenessError } from '../../../shared/errors.ts';
import {
  type ConceptExport,
  EXPORT_PROGRAMS,
  routes,
  type Thumbnails,
} from '../../../shared/protocol/http.ts';
import { conceptIdSchema } from '../../../shared/protocol/ids.ts';
import { THUMBNAILS_MAX } from '../../../shared/protocol/limits.ts';
import { z } from '../../../shared/protocol/zod.ts';
import { exportConcept, exportNotes, triggerWords } from '../../concepts/concept-export.ts';
import { CONCEPT_SUFFIX, fileStem } from '../../library/concept-folder.ts';
import type { ConceptLibrary } from '../../library/concept-library.ts';
import { parsed, sendBytes } from './app.ts';

/** Strict: what asks for an older version under another name must not get the newest in silence. */
const versionQuery = z.strictObject({ version: z.coerce.number().int().positive().optional() });
const exportQuery = versionQuery.extend({ for: z.enum(EXPORT_PROGRAMS).optional() });

const thumbnailsQuery = z.strictObject({
  ids: z
    .string()
    .transform((text) => text.split(','))
    .pipe(z.array(conceptIdSchema).max(THUMBNAILS_MAX)),
});

export function conceptFileRoutes(library: ConceptLibrary): Router {
  const router = Router();

  router.get(routes.conceptThumbnails, async (request, response) => {
    const { ids } = parsed(thumbnailsQuery, request.query, 'the query');
    const found = [...(await library.thumbnails(ids))];
    const thumbnails = found.map(([id, { bytes, ...one }]) => ({
      id,
      ...one,
      bytes: Buffer.from(bytes).toString('base64'),
    }));
    response.json({ thumbnails } satisfies Thumbnails);
  });

  router.get(routes.conceptThumbnail(':id'), async (request, response) => {
    const { thumbnail } = await library.version(idOf(request), versionOf(request));
    if (thumbnail === undefined) throw new LikenessError('image-unknown', 'the concept has no thumbnail');
    await sendBytes(response, thumbnail.mediaType, thumbnail.bytes);
  });

  router.get(routes.conceptSample(':id'), async (request, response) => {
    const jpeg = await library.samples.get(await library.version(idOf(request), versionOf(request)));
    if (jpeg === undefined) throw new LikenessError('image-unknown', 'the version keeps no picture');
    await sendBytes(response, 'jpeg', jpeg);
  });

  router.get(routes.conceptFile(':id'), async (request, response) => {
    const query = parsed(exportQuery, request.query, 'the query');
    const version = await library.version(idOf(request), query.version);
    const { name, sizeBytes } = version;
    const path = await library.materialize(version);
    response.type('application/octet-stream').attachment(`${fileStem(name)}${CONCEPT_SUFFIX}`);
    if (query.for !== undefined) {
      const { bytes } = await exportConcept(path, query.for);
      response.send(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength));
      return;
    }
    response.set('Content-Length', String(sizeBytes));
    await pipeline(createReadStream(path), response);
  });

  router.get(routes.conceptExport(':id'), async (request, response) => {
    const query = parsed(exportQuery, request.query, 'the query');
    const version = await library.version(idOf(request), query.version);
    const notes = [...exportNotes(version, query.for)];
    response.json({ triggerWords: triggerWords(version), notes } satisfies ConceptExport);
  });

  return router;
}

/** The concept that the address names. @throws LikenessError `message-format` where it names none */
export function idOf(request: Request): string {
  return parsed(conceptIdSchema, request.params.id, 'the address');
}

function versionOf(request: Request): number | undefined {
  return parsed(versionQuery, request.query, 'the query').version;
}
