/** Frames of all kinds by socket: those that lie, that never end, and more of them than are kept. */

import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { deflateRawSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { MAX_FRAMES_IN_MEMORY, MAX_FRAMES_OF_CLIENT } from '../../companion/server/limits.ts';
import { encodeFrame } from '../../shared/protocol/image-frame.ts';
import { FRAME_MAX_BYTES, IMAGE_MAX_BYTES } from '../../shared/protocol/limits.ts';
import { uploads } from '../jobs/opened-queue.ts';
import { attackedServer } from './service-check.ts';
import { TestClient } from './test-client.ts';

const attacked = attackedServer();

const header = (image: string) =>
  ({ kind: 'upload', image, mediaType: 'image/png', width: 48, height: 48, name: 'Frame 1' }) as const;

/** The network socket under a client, to which frames are written by hand. */
const connectionOf = (client: TestClient) => (client.socket as unknown as { _socket: Socket })._socket;

async function goodPicture(): Promise<Uint8Array> {
  const [first] = (await uploads()).values();
  return first!.bytes;
}

/** A frame of RFC 6455 by hand: its head may say anything. */
function raw(opcode: number, claimed: bigint, payload: Uint8Array, { fin = true, rsv = 0 } = {}): Buffer {
  const head = Buffer.alloc(14);
  head[0] = (fin ? 0x80 : 0) | rsv | opcode;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(claimed, 2);
  return Buffer.concat([head, payload]);
}

/** The head of a binary frame of ours that promises `headerBytes` of JSON. */
function lying(headerBytes: number, json: string, rest: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.from([0x4c, 0x4b, 0x4e, 0x46, 1, 0, 0, 0]);
  head.writeUInt16BE(headerBytes, 6);
  return Buffer.concat([head, Buffer.from(json), rest]);
}

it('frames whose heads lie are refused, one by one, and the socket goes on until there are too many', async () => {
  const good = JSON.stringify(header('image-00000001'));
  const frames = [
    Buffer.alloc(0),
    Buffer.from('LKNF'),
    lying(0, ''),
    lying(0xffff, good),
    lying(good.length + 1, good),
    lying(good.length - 1, good),
    lying(good.length, good),
    lying(good.length, good, Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')),
    lying(2, '{}', Buffer.from([1, 2, 3])),
    lying(4, 'null'),
    lying(good.length, good.replace('upload', 'pictur')),
    lying(good.length, good, deflateRawSync(Buffer.alloc(1024 * 1024))),
    lying(good.length, good.replace('48', '-1'), randomBytes(1000)),
  ];
  const client = await TestClient.connect(attacked().port, attacked().token);
  for (const frame of frames) client.socket.send(frame);
  await expect.poll(() => client.told.filter(({ type }) => type === 'error').length).toBe(frames.length);
  client.upload('image-00000002', await goodPicture());
  await client.until('image-received');
  await client.close();
});

it.each([
  ['a length that no frame has', raw(2, 2n ** 63n, Buffer.alloc(10))],
  ['a length of gigabytes', raw(2, 2n ** 32n, Buffer.alloc(10))],
  ['one byte more than a frame has', raw(2, BigInt(FRAME_MAX_BYTES) + 1n, Buffer.alloc(10))],
  [
    'bits of an extension that was not agreed on',
    raw(2, 10n, deflateRawSync(Buffer.alloc(99)), { rsv: 0x40 }),
  ],
  ['a ping in parts', raw(9, 1n, Buffer.alloc(1), { fin: false })],
  ['a part of nothing', raw(0, 1n, Buffer.alloc(1))],
])('a message with %s ends its socket alone', async (_, bytes) => {
  const client = await TestClient.connect(attacked().port, attacked().token);
  connectionOf(client).write(bytes);
  expect([1002, 1006, 1009]).toContain(await client.closed);
});

it('random bytes in the place of messages end their sockets, and nothing else', async () => {
  for (let time = 0; time < 30; time++) {
    const client = await TestClient.connect(attacked().port, attacked().token);
    connectionOf(client).write(randomBytes(200 + 40 * time));
    client.socket.close();
    await Promise.race([client.closed, new Promise((resolve) => setTimeout(resolve, 200))]);
    client.socket.terminate();
  }
});

it('begun frames of many sockets have few places in memory, and another client still sends its own', async () => {
  const [flood, designer] = [attacked().token, await attacked().pair('Designer')];
  const clients: TestClient[] = [];
  for (let index = 0; index < 12; index++) clients.push(await TestClient.connect(attacked().port, flood));
  const part = raw(2, BigInt(FRAME_MAX_BYTES), Buffer.alloc(40 * 1024 * 1024));
  for (const client of clients) {
    connectionOf(client).on('error', () => {});
    connectionOf(client).write(part);
  }
  const sentBytes = (client: TestClient) => {
    const { bytesWritten, writableLength } = connectionOf(client);
    return bytesWritten - writableLength;
  };
  const whole = () => clients.filter((client) => sentBytes(client) >= part.byteLength).length;
  await expect.poll(whole).toBe(MAX_FRAMES_OF_CLIENT);
  // The rest of them are read no further: buffers of the system are a few megabytes.
  const others = clients.filter((client) => sentBytes(client) < part.byteLength);
  expect(Math.max(...others.map(sentBytes))).toBeLessThan(16 * 1024 * 1024);
  expect(MAX_FRAMES_OF_CLIENT).toBeLessThan(MAX_FRAMES_IN_MEMORY);
  const client = await TestClient.connect(attacked().port, designer);
  client.upload('image-00000003', await goodPicture());
  await client.until('image-received');
  await client.close();
  for (const one of clients) one.socket.terminate();
  await Promise.all(clients.map((one) => one.closed));
});

it('large frames of several clients at the same time are all received', async () => {
  const payload = new Uint8Array(IMAGE_MAX_BYTES / 4);
  payload.set(await goodPicture());
  const large = encodeFrame({ header: header('image-00000004'), payload });
  const tokens = [attacked().token, await attacked().pair('b'), await attacked().pair('c')];
  const clients = await Promise.all(
    [...tokens, ...tokens].map((token) => TestClient.connect(attacked().port, token)),
  );
  for (const client of clients) client.socket.send(large);
  const answers = clients.map((client) =>
    Promise.race([client.until('image-received'), client.until('error')]),
  );
  for (const answer of await Promise.all(answers)) expect(answer).toMatchObject({ image: 'image-00000004' });
  for (const client of clients) await client.close();
});
