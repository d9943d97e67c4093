/**
 * imageRoutes: pictures for teaching, for clients that do not send them in binary frames; and FileReceiver, the body of a request
 * as a file, counted as it comes and removed when the request is done with.
 */

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { Semaphore } from 'async-mutex';
import { type Request, Router } from 'express';
import { type ErrorCode, LikenessError } from '../../../shared/errors.ts';
import { uploadUseSchema } from '../../../shared/protocol/frame-header.ts';
import { type ImageReceived, routes } from '../../../shared/protocol/http.ts';
import { imageIdSchema } from '../../../shared/protocol/ids.ts';
import { IMAGE_MAX_BYTES } from '../../../shared/protocol/limits.ts';
import { z } from '../../../shared/protocol/zod.ts';
import { makeFolder, PRIVATE_MODES } from '../../storage/atomic-file.ts';
import { storageError } from '../../storage/system-fault.ts';
import { MAX_UPLOADS_AT_ONCE, MAX_UPLOADS_IN_MEMORY } from '../limits.ts';
import type { Uploads } from '../uploads.ts';
import { parsed } from './app.ts';
import { clientOf } from './gate.ts';

const imageQuerySchema = z.object({ use: uploadUseSchema.optional() });

export function imageRoutes(uploads: Uploads, receiver: FileReceiver): Router {
  const router = Router();
  router.post(routes.image(':image'), async (request, response) => {
    const id = parsed(imageIdSchema, request.params.image, 'the address');
    const { use } = parsed(imageQuerySchema, request.query, 'the address');
    const client = clientOf(response)!.id;
    uploads.requireRoom(client);
    await receiver.receive(request, IMAGE_FILE, (path) => uploads.takeFile(client, { id, path, use }));
    response.status(201).json({ image: id } satisfies ImageReceived);
  });
  return router;
}

export interface FileKind {
  readonly maxBytes: number;
  /** Message for a body that has more. */
  readonly code: ErrorCode;
  /** Ending of the file's name, where its reader goes by it. */
  readonly suffix?: string;
  /** Its place is free for others once it was received, however long it is read. */
  readonly isReadBesides?: boolean;
}

const IMAGE_FILE: FileKind = { maxBytes: IMAGE_MAX_BYTES, code: 'image-size', isReadBesides: true };

export class FileReceiver {
  readonly #folder: string;
  /** Files under way by client. */
  readonly #underWay = new Map<string, number>();
  readonly #inMemory = new Semaphore(MAX_UPLOADS_IN_MEMORY);

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** @param folder emptied: what lies there is of requests that nobody answers any more */
  static async open(folder: string): Promise<FileReceiver> {
    await rm(folder, { recursive: true, force: true });
    return new FileReceiver(folder);
  }

  /**
   * Gives what `use` makes of the file, of a client's request.
   * @throws LikenessError of `kind`, `too-many`, `message-format`, `storage`
   */
  async receive<T>(request: Request, kind: FileKind, use: (path: string) => Promise<T>): Promise<T> {
    const client = clientOf(request.res!)!.id;
    const others = this.#underWay.get(client) ?? 0;
    // Said before anything is read: an answer in the middle of a body is rarely seen.
    if (Number(request.headers['content-length'] ?? 0) > kind.maxBytes) throw tooLarge(kind);
    if (others >= MAX_UPLOADS_AT_ONCE) {
      throw new LikenessError('too-many', 'other files are being received');
    }
    this.#underWay.set(client, others + 1);
    let isUnderWay = true;
    const leave = () => {
      if (isUnderWay) this.#leave(client);
      isUnderWay = false;
    };
    const path = join(this.#folder, `${randomUUID()}${kind.suffix ?? ''}`);
    try {
      await makeFolder(this.#folder);
      const file = createWriteStream(path, { flags: 'wx', mode: PRIVATE_MODES.file });
      await pipeline(request, countedTo(kind), file);
      if (kind.isReadBesides) {
        leave();
        return await use(path);
      }
      return await this.#inMemory.runExclusive(() => use(path));
    } catch (cause) {
      throw toldOf(cause, path, request);
    } finally {
      leave();
      await rm(path, { force: true });
    }
  }

  #leave(client: string): void {
    const left = this.#underWay.get(client)! - 1;
    if (left === 0) this.#underWay.delete(client);
    else this.#underWay.set(client, left);
  }
}

function countedTo(kind: FileKind): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes <= kind.maxBytes) return done(null, chunk);
      done(tooLarge(kind));
    },
  });
}

function tooLarge({ maxBytes, code }: FileKind): LikenessError {
  return new LikenessError(code, `the file has more than ${maxBytes / 2 ** 20} MiB`);
}

/** The error without the path of the temporary file, which is the companion's own. */
function toldOf(cause: unknown, path: string, request: Request): unknown {
  if (!(cause instanceof LikenessError) && !request.complete) {
    return new LikenessError('message-format', 'the file was cut off', { cause });
  }
  const error = storageError(path, cause);
  if (!(error instanceof LikenessError) || !error.message.includes(path)) return error;
  const { code, message, advice } = error;
  const details = advice === undefined ? { cause } : { cause, advice };
  return new LikenessError(code, message.replaceAll(path, 'the file'), details);
}
