/** Download of one file of a repository: resumed where it was left, and checked against the hash that the listing has. */

import { LikenessError } from '../../../shared/errors.ts';
import { endpointUrl } from './address.ts';
import { type Hub, RANGE_NOT_SATISFIABLE } from './client.ts';
import { sha256IfSame } from './digest.ts';
import { PartFile } from './part-file.ts';
import type { ListedFile, Repository } from './repository.ts';
import { type HubResponse, mediaType, unexpectedResponse } from './response.ts';
import { type RetryWait, TransientError, withRetries } from './retry.ts';

export type DownloadEvent =
  | RetryWait
  /** `bytes` of the file are on the disk. The first says what an earlier run had left. */
  | { readonly type: 'received'; readonly path: string; readonly bytes: number }
  /** All bytes came, and are read again: seconds for a gigabyte. */
  | { readonly type: 'checking'; readonly path: string }
  /** All bytes came, and are not the listed ones: once more. */
  | { readonly type: 'wrong'; readonly path: string };

/** Downloads of a file whose bytes all came and were wrong: a proxy on the way may have changed them, once. */
const MAX_ROUNDS = 2;

/**
 * Fetches `file` to `target`, and gives its SHA-256. What has come stays beside `target` when it fails or is cancelled,
 * unless it is known to be wrong.
 * @throws LikenessError `network`, `checkpoint-missing`, `storage`, `cancelled`; `checkpoint-format` for wrong bytes
 */
export async function* download(
  hub: Hub,
  repository: Pick<Repository, 'id' | 'commit'>,
  file: ListedFile,
  target: string,
): AsyncGenerator<DownloadEvent, string> {
  for (let round = 1; ; round++) {
    const part = await PartFile.open(target, file.digest);
    try {
      yield { type: 'received', path: file.path, bytes: part.sizeBytes };
      yield* withRetries(() => receive(hub, repository, file, part), {
        retryPolicy: hub.retryPolicy,
        signal: hub.signal,
        received: () => part.sizeBytes,
      });
      await part.flush();
    } finally {
      await part.close();
    }
    yield { type: 'checking', path: file.path };
    const sha256 = await sha256IfSame(part.path, file, hub.signal);
    if (sha256 !== undefined) {
      await part.complete();
      return sha256;
    }
    await part.remove();
    if (round === MAX_ROUNDS) throw wrongBytes(hub, repository.id, file);
    yield { type: 'wrong', path: file.path };
  }
}

/** One connection: from where the part ends to the end of the file. */
async function* receive(
  hub: Hub,
  { id, commit }: Pick<Repository, 'id' | 'commit'>,
  { path, sizeBytes }: ListedFile,
  part: PartFile,
): AsyncGenerator<DownloadEvent, void> {
  if (part.sizeBytes > sizeBytes) await part.restart(null);
  if (part.sizeBytes === sizeBytes && sizeBytes > 0) return;
  const address = endpointUrl(
    hub.endpoint,
    `/${id}/resolve/${commit}/${path.split('/').map(encodeURIComponent).join('/')}`,
  );
  const response = await hub.get(address, hub.requestSubject(id, `${id}: ${path}`), rangeFrom(part));
  try {
    await requireMatch(response, path, sizeBytes, part);
  } catch (error) {
    await response.discard();
    throw error;
  }
  for await (const chunk of response.chunks()) {
    if (part.sizeBytes + chunk.byteLength > sizeBytes) {
      await part.restart(null);
      throw unexpectedResponse(response, `with more than the ${sizeBytes} bytes that are listed for ${path}`);
    }
    await part.append(chunk);
    yield { type: 'received', path, bytes: part.sizeBytes };
  }
  if (part.sizeBytes < sizeBytes) {
    throw new TransientError(
      `${response.url.host} ended ${path} after ${part.sizeBytes} of ${sizeBytes} bytes`,
    );
  }
}

function rangeFrom({ sizeBytes, etag }: PartFile): Readonly<Record<string, string>> {
  if (sizeBytes === 0) return {};
  const range = { range: `bytes=${sizeBytes}-` };
  return etag === undefined ? range : { ...range, 'if-range': etag };
}

/**
 * Checks a response against the request, before a byte of it is kept. A whole file where the rest was asked for empties
 * the part: the file has changed, or the server knows no ranges.
 */
async function requireMatch(
  response: HubResponse,
  path: string,
  sizeBytes: number,
  part: PartFile,
): Promise<void> {
  const { status, headers } = response;
  if (status === 206 || status === RANGE_NOT_SATISFIABLE) {
    const rest = `bytes ${part.sizeBytes}-${sizeBytes - 1}/${sizeBytes}`;
    if (headers.get('content-range') === rest) return;
    // From its beginning then: asking for the same rest again would get the same response.
    await part.restart(null);
    throw new TransientError(`${response.url.host} does not have the rest of ${path}`);
  }
  // A page in the place of a file, as networks with a login show; it may come without a length.
  if (mediaType(response) === 'text/html')
    throw unexpectedResponse(response, `with a page (text/html) for ${path}`);
  const length = headers.get('content-length');
  // Of a compressed response it is another length; fetch gives the bytes themselves.
  if (length !== null && !headers.has('content-encoding') && Number(length) !== sizeBytes) {
    throw unexpectedResponse(
      response,
      `with ${length} bytes of ${mediaType(response)} for ${path}, expected ${sizeBytes} bytes`,
    );
  }
  await part.restart(headers.get('etag'));
}

function wrongBytes({ endpoint }: Hub, id: string, { path }: ListedFile): LikenessError {
  return new LikenessError(
    'checkpoint-format',
    `${endpoint.host} gave ${id}: ${path} with other bytes than it lists, ${MAX_ROUNDS} times`,
    {
      advice:
        'Something on the way changes files, or the hub has damaged ones: try another network, or later.',
    },
  );
}
