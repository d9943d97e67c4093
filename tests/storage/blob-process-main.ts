/**
 * A second process with a blob store: `race` puts blobs where there are none, at a given moment, and prints those that it
 * was first with; `hang` begins to put one, says so, and never ends.
 */

import { setTimeout as wait } from 'node:timers/promises';
import { BlobExists, type BlobStore, blobKey } from '../../companion/storage/blob-store.ts';

const [driver, location, task, ...rest] = process.argv.slice(2) as [string, string, string, ...string[]];
const { openBlobStore } = (await import(driver)) as { openBlobStore: (location: string) => BlobStore };
const store = openBlobStore(location);

if (task === 'race') {
  const [word, moment, count] = rest as [string, string, string];
  const bytes = Buffer.from(word.repeat(1000));
  const won: string[] = [];
  await wait(Math.max(0, Number(moment) - Date.now()));
  for (let index = 0; index < Number(count); index++) {
    const key = blobKey(`race/${index}`);
    try {
      await store.put(key, bytes, { ifAbsent: true });
      won.push(key);
    } catch (error) {
      if (!(error instanceof BlobExists)) throw error;
    }
  }
  process.stdout.write(JSON.stringify(won));
} else {
  await store.put(blobKey(rest[0]!), endless());
}

async function* endless(): AsyncGenerator<Uint8Array> {
  for (let part = 0; ; part++) {
    yield Buffer.alloc(1 << 16, 'half');
    if (part === 4) process.stdout.write('writing\n');
    if (part > 4) await wait(50);
  }
}
