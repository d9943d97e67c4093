/**
 * PictureHandle: a picture that the plugin has given to the canvas, and its hash, which is its name. SHA-1 is written
 * out because `createImage` returns the hash at once and browsers only hash asynchronously; with plain numbers in place
 * of arrays, since it holds the thread meanwhile. It names content; nothing trusts it.
 */

import { FIGMA_IMAGE_MAX_SIDE } from './limits.ts';
import { refusal } from './node-checks.ts';
import { pictureSize } from './picture-size.ts';
import type { SandboxHost } from './sandbox-host.ts';

/** The result of `createImage`. */
export interface PictureHandle {
  readonly hash: string;
  getBytesAsync(): Promise<Uint8Array>;
  getSizeAsync(): Promise<{ width: number; height: number }>;
}

/** Figma's words for what it refuses. */
export function createPicture(host: SandboxHost, data: unknown): PictureHandle {
  if (!(data instanceof Uint8Array)) throw refusal('createImage', 'expected a Uint8Array');
  const size = pictureSize(data);
  if (!size) throw refusal('createImage', 'Image type is unsupported');
  if (size.width === 0 || size.height === 0) throw refusal('createImage', 'Image has no pixels');
  if (Math.max(size.width, size.height) > FIGMA_IMAGE_MAX_SIDE) {
    throw refusal('createImage', 'Image is too large');
  }
  const hash = host.pictureName(data) ?? pictureHash(data);
  host.addPicture(hash, data.slice());
  return pictureHandle(host, hash);
}

function pictureHandle(host: SandboxHost, hash: string): PictureHandle {
  const bytes = async (call: string) => {
    const found = await host.picture(hash);
    if (!found) throw refusal(call, `no picture has the hash ${hash}`);
    return found;
  };
  return {
    hash,
    getBytesAsync: () => bytes('getBytesAsync'),
    async getSizeAsync() {
      return { ...pictureSize(await bytes('getSizeAsync'))! };
    },
  };
}

const BLOCK_BYTES = 64;

/** The last one or two blocks: the bytes after the last whole one, a one bit, zeros, and the length in bits. */
function padded(bytes: Uint8Array, from: number): DataView {
  const rest = bytes.byteLength - from;
  const view = new DataView(new ArrayBuffer(Math.ceil((rest + 9) / BLOCK_BYTES) * BLOCK_BYTES));
  new Uint8Array(view.buffer).set(bytes.subarray(from));
  view.setUint8(rest, 0x80);
  view.setUint32(view.byteLength - 8, Math.floor(bytes.byteLength / 2 ** 29));
  view.setUint32(view.byteLength - 4, bytes.byteLength << 3);
  return view;
}

/** Works one block into the state. A function of its own, so that engines compile it early in the first picture. */
function digestBlock(view: DataView, at: number, state: Int32Array, words: Int32Array): void {
  for (let t = 0; t < 16; t++) words[t] = view.getInt32(at + t * 4);
  for (let t = 16; t < 80; t++) {
    const word = words[t - 3]! ^ words[t - 8]! ^ words[t - 14]! ^ words[t - 16]!;
    words[t] = (word << 1) | (word >>> 31);
  }
  let a = state[0]!;
  let b = state[1]!;
  let c = state[2]!;
  let d = state[3]!;
  let e = state[4]!;
  for (let t = 0; t < 80; t++) {
    let mixed: number;
    if (t < 20) mixed = ((b & c) | (~b & d)) + 0x5a827999;
    else if (t < 40) mixed = (b ^ c ^ d) + 0x6ed9eba1;
    else if (t < 60) mixed = ((b & c) | (b & d) | (c & d)) + 0x8f1bbcdc;
    else mixed = (b ^ c ^ d) + 0xca62c1d6;
    const next = (((a << 5) | (a >>> 27)) + mixed + e + words[t]!) | 0;
    e = d;
    d = c;
    c = (b << 30) | (b >>> 2);
    b = a;
    a = next;
  }
  state[0]! += a;
  state[1]! += b;
  state[2]! += c;
  state[3]! += d;
  state[4]! += e;
}

/** SHA-1 (FIPS 180-4) in hex, as Figma names pictures. */
export function pictureHash(bytes: Uint8Array): string {
  const state = new Int32Array([0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476, 0xc3d2e1f0]);
  const words = new Int32Array(80);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const whole = bytes.byteLength - (bytes.byteLength % BLOCK_BYTES);
  for (let at = 0; at < whole; at += BLOCK_BYTES) digestBlock(view, at, state, words);
  const rest = padded(bytes, whole);
  for (let at = 0; at < rest.byteLength; at += BLOCK_BYTES) digestBlock(rest, at, state, words);
  return [...state].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}
