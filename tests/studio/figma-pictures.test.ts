import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { pictureHash } from '../../plugin/studio/figma/picture-handle.ts';
import { pictureSize } from '../../plugin/studio/figma/picture-size.ts';
import { ReceivedBytes } from '../../plugin/studio/figma/received-bytes.ts';
import { openSandbox, pngHeader } from './sandbox.ts';

describe('createImage', () => {
  it('takes a PNG of 4096 px and names it by its SHA-1', () => {
    const { figma, host } = openSandbox();
    const bytes = pngHeader(4096, 4096);
    const { hash } = figma.createImage(bytes);
    expect(hash).toBe(createHash('sha1').update(bytes).digest('hex'));
    expect(host.pictures.get(hash)).toEqual(bytes);
  });

  it.each([
    [4097, 16],
    [16, 4097],
  ])('refuses %i × %i', (width, height) => {
    expect(() => openSandbox().figma.createImage(pngHeader(width, height))).toThrow('Image is too large');
  });

  it.each([
    ['WebP', [0x52, 0x49, 0x46, 0x46, 0, 0, 0, 0, 0x57, 0x45, 0x42, 0x50]],
    ['SVG', [...'<svg xmlns="http://www.w3.org/2000/svg"/>'].map((letter) => letter.charCodeAt(0))],
    ['a PNG signature alone', [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]],
    ['nothing', []],
  ])('refuses %s', (_what, bytes) => {
    expect(() => openSandbox().figma.createImage(new Uint8Array(bytes))).toThrow('Image type is unsupported');
  });

  it('refuses what is no Uint8Array', () => {
    const text = 'iVBORw0KGgo=' as unknown as Uint8Array;
    expect(() => openSandbox().figma.createImage(text)).toThrow('expected a Uint8Array');
  });

  it('keeps a copy: the plugin may reuse its buffer', () => {
    const { figma, host } = openSandbox();
    const bytes = pngHeader(8, 8);
    const { hash } = figma.createImage(bytes);
    bytes.fill(0);
    expect(host.pictures.get(hash)).toEqual(pngHeader(8, 8));
  });

  it('gives the size back', async () => {
    const { figma } = openSandbox();
    expect(await figma.createImage(pngHeader(30, 20)).getSizeAsync()).toEqual({ width: 30, height: 20 });
  });
});

describe('a picture’s size', () => {
  it('of a JPEG is found behind other segments', () => {
    const app0 = [0xff, 0xe0, 0, 4, 1, 2];
    const frame = [0xff, 0xc2, 0, 17, 8, 0x01, 0x00, 0x02, 0x00, 3, 0, 0];
    expect(pictureSize(new Uint8Array([0xff, 0xd8, ...app0, 0xff, ...frame]))).toEqual({
      width: 512,
      height: 256,
    });
  });

  it('of a GIF is little-endian', () => {
    const gif = [0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 0x40, 0x01, 0xf0, 0x00];
    expect(pictureSize(new Uint8Array(gif))).toEqual({ width: 320, height: 240 });
  });

  it('of a JPEG that ends early is none', () => {
    expect(pictureSize(new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff]))).toBeUndefined();
  });
});

it.each([0, 1, 55, 56, 63, 64, 65, 1000])('the hash of %i bytes is SHA-1', (length) => {
  const bytes = Uint8Array.from({ length }, (_, at) => (at * 31) & 255);
  expect(pictureHash(bytes)).toBe(createHash('sha1').update(bytes).digest('hex'));
});

describe('the name of bytes that came with a message', () => {
  const bytes = () => Uint8Array.from({ length: 4099 }, (_, at) => (at * 31) & 255);
  const name = createHash('sha1').update(bytes()).digest('hex');

  it('is known by content', async () => {
    const received = new ReceivedBytes();
    await received.learn({ type: 'picture', bytes: bytes(), record: null });
    expect(received.nameOf(bytes())).toBe(name);
  });

  it.each([1, 4])('is not that of bytes changed since, %i from the end', async (fromEnd) => {
    const { host, figma } = openSandbox();
    const sent = pngHeader(30, 20);
    await host.received.learn({ bytes: sent });
    const changed = sent.slice();
    changed[changed.length - fromEnd] = 9;
    const { hash } = figma.createImage(changed);
    expect(hash).toBe(createHash('sha1').update(changed).digest('hex'));
  });

  it('is given up after a few more', async () => {
    const received = new ReceivedBytes();
    await received.learn({ bytes: bytes() });
    for (let count = 0; count < 4; count++) await received.learn({ bytes: new Uint8Array([count]) });
    expect(received.nameOf(bytes())).toBeUndefined();
  });

  it.each([null, 'text', { type: 'ready' }])('needs none for %j', async (message) => {
    await expect(new ReceivedBytes().learn(message)).resolves.toBeUndefined();
  });
});
