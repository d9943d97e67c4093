/**
 * ReferenceImage: a frame as it is taught from, with what was found on it when it came. receiveReference is where a frame is
 * decoded, once; what lies in files behind it are pixels that this program wrote.
 */

import { LikenessError } from '../../../shared/errors.ts';
import type { FrameFinding } from '../../../shared/frame-advice.ts';
import { issueText, z } from '../../../shared/protocol/zod.ts';
import { readRegularFile } from '../../storage/regular-file.ts';
import { shortageFault } from '../../storage/system-fault.ts';
import { type DecodeOptions, decodeInProcess, MAX_PIXELS } from '../decode.ts';
import { type Picture, picture } from '../picture.ts';
import { requireVisible } from './reference-frame.ts';

export interface ReferenceImage {
  /** Name for messages: a path, or the id that a client gave it. */
  readonly name: string;
  /** As sent, or as small as teaching can use it (`downscaledReference`). */
  readonly pixels: Picture;
  /** Measured on the frame as it was sent. */
  readonly findings: readonly FrameFinding[];
}

export interface ReceiveOptions extends Omit<DecodeOptions, 'resolution' | 'isReduced'> {
  /** teach: also as small as teaching can use it. paint: as sent, without a word on it. Default: as sent, with findings. */
  readonly use?: 'teach' | 'paint' | undefined;
  /** Default: the path. */
  readonly name?: string;
  /** Side of the model's picture in pixels, which findings and the working copy are for. */
  readonly resolution: number;
}

/**
 * @param source a path, or the file's bytes
 * @throws LikenessError as decodePicture; `input` where it shows no product; each names the picture
 */
export async function receiveReference(
  source: string | Uint8Array,
  options: ReceiveOptions,
): Promise<ReferenceImage> {
  const { use, resolution, ...others } = options;
  const { picture: pixels, findings } = await decodeInProcess(source, {
    ...others,
    ...(use !== 'paint' && { resolution, isReduced: use === 'teach' }),
  });
  const name = options.name ?? (typeof source === 'string' ? source : 'the picture');
  if (use === 'paint') return { name, pixels, findings };
  requireVisible(pixels, options.label ?? name.slice(name.search(/[^/\\]*$/)));
  return { name, pixels, findings };
}

/** Begins a reference's file; the last letter is the version of its layout. */
const SIGNATURE = 'LIKEREF1';

/** Signature and length of the header, in bytes. */
const FIXED_BYTES = SIGNATURE.length + 4;

/** Name and findings: some hundred bytes. */
const HEADER_MAX_BYTES = 64 * 1024;
/** The largest picture with alpha, and its header. */
const REFERENCE_MAX_BYTES = 4 * MAX_PIXELS + 2 * HEADER_MAX_BYTES;

const headerSchema = z.strictObject({
  name: z.string(),
  width: z.int().positive(),
  height: z.int().positive(),
  channels: z.literal([3, 4]),
  findings: z.array(
    z.strictObject({ code: z.string(), severity: z.enum(['problem', 'hint']), advice: z.string() }),
  ),
});

/** A reference as a file: signature, length of the header (32 bit, little endian), header (JSON), pixels. */
export function encodeReference({ name, pixels, findings }: ReferenceImage): Uint8Array {
  const { width, height, channels, data } = pixels;
  const header = Buffer.from(JSON.stringify({ name, width, height, channels, findings }));
  const fixed = Buffer.alloc(FIXED_BYTES);
  fixed.write(SIGNATURE, 0, 'latin1');
  fixed.writeUInt32LE(header.length, SIGNATURE.length);
  return Buffer.concat([fixed, header, data]);
}

/** @param path of a file that encodeReference's bytes are in @throws LikenessError `image-unknown` where it is gone, or is none */
export async function readReference(path: string): Promise<ReferenceImage> {
  const bytes = await readRegularFile(path, REFERENCE_MAX_BYTES).catch((cause: unknown) => {
    throw (
      shortageFault(cause) ?? new LikenessError('image-unknown', 'a frame that was sent is gone', { cause })
    );
  });
  return parseReference(bytes);
}

/**
 * The reference of bytes that encodeReference wrote. @throws LikenessError `image-unknown` for others
 * @internal
 */
export function parseReference(bytes: Uint8Array): ReferenceImage {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { width, height, channels, name, findings } = parseHeader(file);
  const data = new Uint8Array(file.subarray(FIXED_BYTES + file.readUInt32LE(SIGNATURE.length)));
  if (data.length !== width * height * channels) throw damaged(`${data.length} bytes of pixels`);
  return { name, pixels: picture(width, height, channels, data), findings: findings as FrameFinding[] };
}

function parseHeader(file: Buffer): z.infer<typeof headerSchema> {
  if (file.length < FIXED_BYTES || file.toString('latin1', 0, SIGNATURE.length) !== SIGNATURE) {
    throw damaged('another signature');
  }
  const length = file.readUInt32LE(SIGNATURE.length);
  if (length > HEADER_MAX_BYTES) throw damaged(`a header of ${length} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(file.toString('utf8', FIXED_BYTES, FIXED_BYTES + length));
  } catch (cause) {
    throw damaged('a header that is no JSON', cause);
  }
  const header = headerSchema.safeParse(json);
  if (!header.success) throw damaged(issueText(header.error));
  return header.data;
}

function damaged(fault: string, cause?: unknown): LikenessError {
  return new LikenessError('image-unknown', `a frame that was sent is damaged (${fault})`, { cause });
}
