import type { FrameHeader } from '../../../shared/protocol/frame-header.ts';
import { decodeFrameHead, FRAME_HEAD_BYTES } from '../../../shared/protocol/image-frame.ts';

/**
 * A binary frame of the companion. Pictures of megabytes stay outside the page's memory, where each would hold up the
 * thread to come in and again to be collected, until somebody wants their bytes.
 */
export interface ReceivedFrame {
  readonly header: FrameHeader;
  readonly payload: Blob;
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
}

/** Previews and masks are smaller: one look at all of it is over sooner than two at its parts. */
const READ_AT_ONCE_BYTES = 256 * 1024;

/** @throws LikenessError as decodeFrame does */
export async function readFrame(message: Blob): Promise<ReceivedFrame> {
  const isSmall = message.size <= READ_AT_ONCE_BYTES;
  const read = await bytesOf(isSmall ? message : message.slice(0, FRAME_HEAD_BYTES));
  const { header, payloadAt } = decodeFrameHead(read, message.size);
  const payload = message.slice(payloadAt, message.size, 'mediaType' in header ? header.mediaType : '');
  return { header, payload, bytes: async () => (isSmall ? read.slice(payloadAt) : bytesOf(payload)) };
}

async function bytesOf(blob: Blob): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await blob.arrayBuffer());
}
