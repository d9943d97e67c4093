/**
 * FileLibrary: the library in a folder of this machine, or of a drive that it shares. People find their files there, drop
 * others in, and take them along.
 */

import { LocalBlobStore } from '../storage/drivers/local/local-blob-store.ts';
import { withFolderLock } from '../storage/folder-lock.ts';
import { BlobLibrary, type BlobLibraryOptions } from './blob-library.ts';

export class FileLibrary extends BlobLibrary {
  /** @param folder made when something is first put there */
  constructor(folder: string, options: Omit<BlobLibraryOptions, 'exclusively'> = {}) {
    super(new LocalBlobStore(folder), {
      ...options,
      exclusively: (change) => withFolderLock(folder, change),
    });
  }
}
