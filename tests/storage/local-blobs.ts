import type { BlobStore } from '../../companion/storage/blob-store.ts';
import { LocalBlobStore } from '../../companion/storage/drivers/local/local-blob-store.ts';

/** For blob-process-main.ts. */
export function openBlobStore(location: string): BlobStore {
  return new LocalBlobStore(location);
}
