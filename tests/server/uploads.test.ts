import { describe, expect, it } from 'vitest';
import { ReferenceStore } from '../../companion/jobs/reference-store.ts';
import { FramePlaces } from '../../companion/server/frame-places.ts';
import { Uploads } from '../../companion/server/uploads.ts';
import { LocalBlobStore } from '../../companion/storage/drivers/local/local-blob-store.ts';
import { imageIdSchema } from '../../shared/protocol/ids.ts';
import { temporaryFolder } from '../cli/binary.ts';
import { plainPng } from '../images/decoding/picture-bytes.ts';

const SIDE = 64;
/** Pixels of two frames, and not of three. */
const SHARE = 2.5 * 4 * SIDE * SIDE;

const idOf = (name: string) => imageIdSchema.parse(`image-of-${name}`);

function opened() {
  const paired = new Set(['flood', 'other']);
  const uploads = new Uploads({
    references: new ReferenceStore(new LocalBlobStore(temporaryFolder())),
    resolution: () => 128,
    places: new FramePlaces(),
    isPaired: (client) => paired.has(client),
    bytesOfClient: SHARE,
  });
  const send = (client: string, name: string) =>
    uploads.take(client, {
      id: idOf(name),
      bytes: plainPng({ colourType: 6, samples: [9, 90, 200, 255], side: SIDE }),
    });
  const there = (client: string, names: readonly string[]) =>
    uploads.lend(client, names.map(idOf), async (references) => [...references.keys()]);
  return { send, there, paired };
}

describe('uploads', () => {
  it('of one client push out its own oldest, and none of another', async () => {
    const { send, there } = opened();
    await send('other', 'one');
    const names = ['a', 'b', 'c', 'd', 'e'];
    for (const name of names) await send('flood', name);
    expect(await there('flood', names)).toEqual(['d', 'e'].map(idOf));
    expect(await there('other', ['one'])).toEqual([idOf('one')]);
  });

  it('go with the token of their client', async () => {
    const { send, there, paired } = opened();
    await send('other', 'one');
    paired.delete('other');
    await send('flood', 'a');
    expect(await there('other', ['one'])).toEqual([]);
    expect(await there('flood', ['a'])).toEqual([idOf('a')]);
  });
});
