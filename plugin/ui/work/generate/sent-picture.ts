/** Pictures that a generation starts from or paints around: sent before it, and told by an id. */

import { routes } from '../../../../shared/protocol/http.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { newImageId } from '../drafts.ts';

export type SendingState =
  | { readonly state: 'idle' }
  | { readonly state: 'sending' }
  /** `layer` is the name of the one that could not be exported or sent. */
  | { readonly state: 'failed'; readonly report: ErrorReport; readonly layer: string | null };

/**
 * @returns its id, for requests
 * @throws RequestFailure
 */
export async function sendPicture(companion: CompanionConnection, file: Blob): Promise<string> {
  const image = newImageId();
  await companion.blob(`${routes.image(image)}?use=paint`, { method: 'POST', file });
  return image;
}
