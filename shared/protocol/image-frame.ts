/**
 * Binary frames: an image with a small header, in one WebSocket message.
 *
 *   0  4  magic "LKNF"
 *   4  1  version of this layout, 1
 *   5  1  0, kept for later
 *   6  2  length of the header in bytes, big-endian
 *   8  h  header: JSON in UTF-8 (frame-header.ts)
 * 8+h  .  payload, to the end of the message
 */

import { LikenessError } from '../errors.ts';
import { describeKind, imageKind } from '../image-kind.ts';
import { type FrameHeader, frameHeaderSchema } from './frame-header.ts';
import { FRAME_HEADER_MAX_BYTES, FRAME_MAX_BYTES } from './limits.ts';
import { issueText } from './zod.ts';

const FRAME_MAGIC = [0x4c, 0x4b, 0x4e, 0x46] as const;
const FRAME_VERSION = 1;
const FIXED_BYTES = 8;

/** imageKind looks at the first bytes alone, and describeKind finds most kinds in these. */
const SNIFFED_BYTES = 64;

/** Bytes of a frame's beginning that are enough for decodeFrameHead, whatever the frame. */
export const FRAME_HEAD_BYTES = FIXED_BYTES + FRAME_HEADER_MAX_BYTES + SNIFFED_BYTES;

export interface ImageFrame<Header extends FrameHeader = FrameHeader> {
  readonly header: Header;
  readonly payload: Uint8Array;
}

/** @throws Error `internal:` when the frame is none that `decodeFrame` would accept: the sender's own mistake */
export function encodeFrame({ header, payload }: ImageFrame): Uint8Array<ArrayBuffer> {
  const json = new TextEncoder().encode(JSON.stringify(header));
  const frame = new Uint8Array(FIXED_BYTES + json.length + payload.length);
  frame.set(FRAME_MAGIC, 0);
  frame[4] = FRAME_VERSION;
  new DataView(frame.buffer).setUint16(6, json.length);
  frame.set(json, FIXED_BYTES);
  frame.set(payload, FIXED_BYTES + json.length);
  try {
    decodeFrame(frame);
  } catch (cause) {
    throw new Error(`internal: a frame that nobody would read: ${(cause as Error).message}`, { cause });
  }
  return frame;
}

/**
 * The payload is a view into `bytes`, not a copy.
 * @throws LikenessError `frame-format` for a wrong layout, `image-format` for a payload that is not what the header says
 */
export function decodeFrame(bytes: Uint8Array): ImageFrame {
  const { header, payloadAt } = decodeFrameHead(bytes, bytes.length);
  return { header, payload: bytes.subarray(payloadAt) };
}

/**
 * The header, and where the payload begins, from the first FRAME_HEAD_BYTES of a frame or all of a shorter one.
 * @throws as decodeFrame
 */
export function decodeFrameHead(
  bytes: Uint8Array,
  frameBytes: number,
): { readonly header: FrameHeader; readonly payloadAt: number } {
  const head = readHead(bytes, frameBytes);
  checkPayload(head.header, bytes.subarray(head.payloadAt), frameBytes - head.payloadAt);
  return head;
}

/** Image that an upload brings, also where its payload is not what its header says; undefined for other frames. */
export function uploadedImage(bytes: Uint8Array): string | undefined {
  try {
    const { header } = readHead(bytes, bytes.length);
    return header.kind === 'upload' ? header.image : undefined;
  } catch {
    return undefined;
  }
}

function readHead(
  bytes: Uint8Array,
  frameBytes: number,
): { readonly header: FrameHeader; readonly payloadAt: number } {
  if (frameBytes < FIXED_BYTES || frameBytes > FRAME_MAX_BYTES) {
    throw malformed(`${frameBytes} bytes, expected ${FIXED_BYTES} to ${FRAME_MAX_BYTES}`);
  }
  if (!FRAME_MAGIC.every((byte, index) => bytes[index] === byte)) throw malformed('does not begin with LKNF');
  if (bytes[4] !== FRAME_VERSION || bytes[5] !== 0) {
    throw malformed(`layout ${bytes[4]}.${bytes[5]}, expected ${FRAME_VERSION}.0`);
  }
  const headerBytes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint16(6);
  const room = Math.min(FRAME_HEADER_MAX_BYTES, frameBytes - FIXED_BYTES);
  if (headerBytes > room) throw malformed(`a header of ${headerBytes} bytes, expected at most ${room}`);
  const payloadAt = FIXED_BYTES + headerBytes;
  return { header: parseHeader(bytes.subarray(FIXED_BYTES, payloadAt)), payloadAt };
}

function parseHeader(bytes: Uint8Array): FrameHeader {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw malformed('the header is not JSON', cause);
  }
  const parsed = frameHeaderSchema.safeParse(json);
  if (!parsed.success) throw malformed(`header: ${issueText(parsed.error)}`);
  return parsed.data;
}

/** @param beginning of the payload */
function checkPayload(header: FrameHeader, beginning: Uint8Array, payloadBytes: number): void {
  if (header.kind === 'mask') {
    const expected = header.rows * header.columns;
    if (payloadBytes !== expected) throw malformed(`a mask of ${payloadBytes} bytes, expected ${expected}`);
    return;
  }
  const kind = imageKind(beginning);
  if (kind !== undefined && header.mediaType === `image/${kind}`) return;
  const found = kind === undefined ? describeKind(beginning) : `image/${kind}`;
  throw new LikenessError('image-format', `image: got ${found}, expected ${header.mediaType}`);
}

function malformed(what: string, cause?: unknown): LikenessError {
  return new LikenessError('frame-format', `binary frame: ${what}`, { cause });
}
