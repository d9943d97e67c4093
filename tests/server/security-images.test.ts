/** Pictures that are none, or more than they seem. */

import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { imageKind } from '../../shared/image-kind.ts';
import { HOSTILE } from '../images/decoding/hostile-pictures.ts';
import { plainPng, pngOf } from '../images/decoding/picture-bytes.ts';
import { uploads } from '../jobs/opened-queue.ts';
import { attackedServer } from './service-check.ts';
import { TestClient } from './test-client.ts';

const attacked = attackedServer();

/** A PNG of a few kilobytes that claims `side` x `side` pixels. */
const bomb = (side: number) =>
  pngOf(side, side, [['IDAT', deflateSync(Buffer.alloc(8 * 1024 * 1024), { level: 9 })]], [8, 6]);

describe('images', () => {
  it.each([5_000, 30_000, 2_000_000])('that unfold to %i px a side are refused', async (side) => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    client.upload('image-bomb', bomb(side));
    expect(await client.until('error')).toMatchObject({
      image: 'image-bomb',
      code: expect.stringMatching(/^image-/),
    });
    const headers = { Authorization: `Bearer ${attacked().token}` };
    const address = `${attacked().address}/api/images/image-bomb`;
    const body = new Uint8Array(bomb(side));
    expect((await fetch(address, { method: 'POST', headers, body })).status).toBe(422);
    await client.close();
  });

  it('that are made to cost are refused one by one, and an honest one is taken meanwhile', async () => {
    const { port, token, address } = attacked();
    const client = await TestClient.connect(port, token);
    const made = await Promise.all(
      Object.values(HOSTILE).map(async (make, index) => ({
        id: `image-hostile-${index}`,
        bytes: await make(),
      })),
    );
    const known = made.filter(({ bytes }) => imageKind(bytes) !== undefined);
    for (const { id, bytes } of known) client.upload(id, bytes, `image/${imageKind(bytes)!}`);
    const honest = (await uploads()).get('image-one')!.bytes;
    client.upload('image-honest', honest);
    await client.until('image-received', ({ image }) => image === 'image-honest');
    for (const { id } of known) {
      const { code, advice } = await client.until('error', ({ image }) => image === id);
      expect(code).toMatch(/^image-(format|size)$/);
      expect(advice).toMatch(/\.$/);
    }
    for (const { id, bytes } of made) {
      const headers = { Authorization: `Bearer ${token}` };
      const sent = { method: 'POST', headers, body: new Uint8Array(bytes) };
      expect((await fetch(`${address}/api/images/${id}`, sent)).status).toBe(422);
    }
    await client.close();
  });

  it('are looked at beside each other: a message after one is answered before it', async () => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    const side = 4096;
    const large = plainPng({ colourType: 6, samples: [9, 9, 9, 255], side });
    client.upload('image-large', large);
    client.upload('image-small', (await uploads()).get('image-one')!.bytes);
    client.send({ type: 'ping' });
    await client.until('image-received', ({ image }) => image === 'image-large');
    const order = client.told.map((message) =>
      message.type === 'image-received' ? message.image : message.type,
    );
    expect(order.indexOf('pong')).toBeLessThan(order.indexOf('image-large'));
    expect(order.indexOf('image-small')).toBeLessThan(order.indexOf('image-large'));
    await client.close();
  });

  it.each([
    ['a PNG that says it is a JPEG', 'png-as-jpeg'],
    ['a page that says it is a PNG', 'page'],
    ['a PNG signature before a page', 'signature'],
  ])('whose first bytes lie (%s) are refused', async (_, kind) => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    const png = (await uploads()).get('image-one')!.bytes;
    const page = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>');
    const bytes =
      kind === 'png-as-jpeg' ? png : kind === 'page' ? page : Buffer.concat([png.subarray(0, 8), page]);
    const header = {
      kind: 'upload',
      image: 'image-lying',
      mediaType: kind === 'png-as-jpeg' ? 'image/jpeg' : 'image/png',
      width: 48,
      height: 48,
      name: 'Frame 1',
    };
    client.socket.send(frameBytes(header, bytes));
    // With its image, so that whoever sent it does not wait for it.
    expect(await client.until('error')).toMatchObject({ code: 'image-format', image: 'image-lying' });
    await client.close();
  });

  it('of many uploads are kept in a bounded number', async () => {
    const client = await TestClient.connect(attacked().port, attacked().token);
    const bytes = (await uploads()).get('image-one')!.bytes;
    for (let index = 0; index < 100; index++) client.upload(`image-number-${index}`, bytes);
    await client.until('image-received', ({ image }) => image === 'image-number-99');
    const teach = { type: 'teach', name: 'aurora', classWord: 'toy' } as const;
    client.send({ ...teach, job: 'job-forgotten', images: ['image-number-0'] });
    expect(await client.until('error')).toMatchObject({ code: 'image-unknown' });
    client.send({ ...teach, job: 'job-remembered', images: ['image-number-99'] });
    await client.until('job', ({ job }) => job.job === 'job-remembered' && job.status.state === 'done');
    await client.close();
  });
});

/** A frame as encodeFrame makes it, without its checks. */
function frameBytes(header: object, payload: Uint8Array): Buffer {
  const json = Buffer.from(JSON.stringify(header));
  const fixed = Buffer.from([0x4c, 0x4b, 0x4e, 0x46, 1, 0, 0, 0]);
  fixed.writeUInt16BE(json.length, 6);
  return Buffer.concat([fixed, json, payload]);
}
