/** A request's body as a file: counted as it comes, and gone again when the request is done with. */

import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Request } from 'express';
import { LikenessError } from '../../../shared/errors.ts';
import { makeFolder, storageError } from '../../checkpoint/atomic-file.ts';
import { MAX_CONCEPT_FILE_BYTES, MAX_UPLOADS_AT_ONCE } from '../limits.ts';

export class FileReceiver {
  readonly #folder: string;
  #underWay = 0;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** Gives what `use` makes of the file. @throws LikenessError `too-many`, `message-format`, `storage` */
  async receive<T>(request: Request, suffix: string, use: (path: string) => Promise<T>): Promise<T> {
    if (this.#underWay >= MAX_UPLOADS_AT_ONCE) {
      throw new LikenessError('too-many', 'other files are being received');
    }
    this.#underWay++;
    const path = join(this.#folder, `${randomUUID()}${suffix}`);
    try {
      await makeFolder(this.#folder);
      await pipeline(request, countedTo(MAX_CONCEPT_FILE_BYTES), createWriteStream(path, { flags: 'wx' }));
      return await use(path);
    } catch (cause) {
      throw storageError(path, cause);
    } finally {
      this.#underWay--;
      await rm(path, { force: true });
    }
  }
}

function countedTo(maxBytes: number): Transform {
  let bytes = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.byteLength;
      if (bytes <= maxBytes) return done(null, chunk);
      done(new LikenessError('concept-format', `the file has more than ${maxBytes} bytes`));
    },
  });
}
