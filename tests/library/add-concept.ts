/**
 * Adds the concept of a file (second argument) to the library in a folder (first one) at a moment (third, ms), and prints
 * its version. With `unlocked` after that, only the store's own ifAbsent keeps processes apart.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { readConcept } from '../../companion/concepts/concept-file.ts';
import { BlobLibrary } from '../../companion/library/blob-library.ts';
import { FileLibrary } from '../../companion/library/file-library.ts';
import { LocalBlobStore } from '../../companion/storage/drivers/local/local-blob-store.ts';

const [folder, file, moment, locking] = process.argv.slice(2) as [string, string, string, string?];
const concept = await readConcept(file);
const library =
  locking === 'unlocked' ? new BlobLibrary(new LocalBlobStore(folder)) : new FileLibrary(folder);
await wait(Math.max(0, Number(moment) - Date.now()));
const { version } = await library.add(concept);
process.stdout.write(String(version));
