import type { FrameHeader } from '../../../shared/protocol/frame-header.ts';
import { decodeFrameHead, FRAME_HEAD_BYTES } from '../../../shared/protocol/image-frame.ts';

/**
 * A binary frame of the companion. Its payload is a Blob: pictures of megabytes stay outside the page's memory, where
 * each would hold up the thread to come in and again to be collected, until somebody wants their bytes.
 */
export interface ReceivedFrame {
  readonly header: FrameHeader;
  readonly payload: Blob;
}

/** @throws LikenessError as decodeFrame does */
export async function readFrame(message: Blob): Promise<ReceivedFrame> {
  const head = new Uint8Array(await message.slice(0, FRAME_HEAD_BYTES).arrayBuffer());
  const { header, payloadAt } = decodeFrameHead(head, message.size);
  const type = 'mediaType' in header ? header.mediaType : '';
  return { header, payload: message.slice(payloadAt, message.size, type) };
}

export async function bytesOf(payload: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await payload.arrayBuffer());
}
