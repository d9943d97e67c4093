import { describe, expect, it } from 'vitest';
import { decodeFrame, encodeFrame } from '../../shared/protocol/image-frame.ts';
import { FRAME_MAX_BYTES } from '../../shared/protocol/limits.ts';

const PNG_START = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
const header = {
  kind: 'upload',
  image: 'image-0001',
  mediaType: 'image/png',
  width: 4,
  height: 3,
  name: 'Flasche, vorn – ü',
} as const;
const good = () => encodeFrame({ header, payload: Uint8Array.of(...PNG_START, 1, 2, 3) });

/** A frame with any header, true to the layout. */
function frame(json: string, payload: readonly number[] = PNG_START): Uint8Array {
  const text = new TextEncoder().encode(json);
  return Uint8Array.of(
    ...new TextEncoder().encode('LKNF'),
    1,
    0,
    text.length >> 8,
    text.length,
    ...text,
    ...payload,
  );
}

describe('a binary frame', () => {
  it('comes back as it was sent', () => {
    const { header: read, payload } = decodeFrame(good());
    expect(read).toEqual(header);
    expect([...payload]).toEqual([...PNG_START, 1, 2, 3]);
  });

  it('is read out of the middle of a buffer, as Node hands them out', () => {
    const pool = new Uint8Array(good().length + 20);
    pool.set(good(), 7);
    expect(decodeFrame(pool.subarray(7, 7 + good().length)).header).toEqual(header);
  });

  it('keeps the cells of a mask', () => {
    const mask = {
      kind: 'mask',
      job: 'job-00001',
      picture: 0,
      concept: 'a',
      rows: 1,
      columns: 2,
      confidence: 1,
    };
    const sent = encodeFrame({ header: mask as never, payload: Uint8Array.of(0, 255) });
    expect([...decodeFrame(sent).payload]).toEqual([0, 255]);
    expect(() => decodeFrame(frame(JSON.stringify(mask), [0]))).toThrow('a mask of 1 bytes, expected 2');
  });

  it.each([
    ['nothing', new Uint8Array(0), '0 bytes'],
    ['cut off in the fixed part', good().subarray(0, 7), '7 bytes'],
    ['too long', { length: FRAME_MAX_BYTES + 1 } as Uint8Array, `${FRAME_MAX_BYTES + 1} bytes`],
    ['another magic', Uint8Array.of(...good()).fill(0, 0, 1), 'LKNF'],
    ['another version', Uint8Array.of(...good()).fill(2, 4, 5), 'layout 2.0'],
    ['a reserved byte that is set', Uint8Array.of(...good()).fill(1, 5, 6), 'layout 1.1'],
    ['a header longer than the frame', Uint8Array.of(...good()).fill(0x0f, 6, 8), 'a header of 3855 bytes'],
    ['a header longer than any', Uint8Array.of(...good()).fill(0xff, 6, 8), 'a header of 65535 bytes'],
    ['no JSON', frame('{'), 'not JSON'],
    ['broken UTF-8', Uint8Array.of(...good()).fill(0xff, 9, 12), 'not JSON'],
    ['an unknown kind', frame('{"kind":"movie"}'), 'header: kind'],
    ['a path as id', frame(JSON.stringify({ ...header, image: '../../etc/passwd' })), 'header: image'],
    ['a field of its own', frame(JSON.stringify({ ...header, file: '/etc' })), 'Unrecognized key'],
    ['gigapixels', frame(JSON.stringify({ ...header, width: 100_000 })), 'header: width'],
  ])('is refused: %s', (_, bytes, message) => {
    expect(() => decodeFrame(bytes)).toThrow(expect.objectContaining({ code: 'frame-format' }));
    expect(() => decodeFrame(bytes)).toThrow(message);
  });

  it('is refused when its payload is not the picture it says', () => {
    const gif = frame(JSON.stringify(header), [0x47, 0x49, 0x46, 0x38]);
    expect(() => decodeFrame(gif)).toThrow(expect.objectContaining({ code: 'image-format' }));
  });

  it('is not sent when nobody would read it', () => {
    expect(() =>
      encodeFrame({ header: { ...header, width: 0 }, payload: Uint8Array.of(...PNG_START) }),
    ).toThrow(/^internal: .*width/);
  });
});
