/** HeaderValue: a part of a concept that is no fact (thumbnail, embedding, probe) as a text of the file's header. */

import { z } from 'zod';
import { LikenessError } from '../../shared/errors.ts';
import { issueText } from '../../shared/protocol/zod.ts';
import type { ObjectProbe } from '../adapters/object-probe.ts';
import {
  PROBE_MAX_CHANNELS,
  THUMBNAIL_MAX_BYTES,
  type Thumbnail,
  TOKEN_EMBEDDING_MAX_LENGTH,
} from './concept.ts';
import { BLOCKS_MAX } from './lora-layers.ts';

export interface HeaderValue<T> {
  encode(value: T): string;
  /**
   * @param subject names the file, or the concept
   * @throws LikenessError `concept-format` naming the key, what was got and what was expected
   */
  parse(text: string, key: string, subject: string): T;
}

/** Magic bytes, so that a header cannot pass something else off as a picture. */
const MAGIC: Readonly<Record<Thumbnail['mediaType'], readonly number[]>> = {
  'image/jpeg': [0xff, 0xd8, 0xff],
  'image/png': [0x89, 0x50, 0x4e, 0x47],
};

/** A data URL. */
export const thumbnailValue: HeaderValue<Thumbnail> = {
  encode: ({ mediaType, bytes }) => `data:${mediaType};base64,${Buffer.from(bytes).toString('base64')}`,
  parse: (url, key, subject) => {
    // Its length is judged before it is decoded: 4 characters carry 3 bytes.
    const [, mediaType, base64] =
      /^data:(image\/(?:jpeg|png));base64,([A-Za-z0-9+/]+={0,2})$/.exec(
        url.length > THUMBNAIL_MAX_BYTES * 2 ? '' : url,
      ) ?? [];
    const bytes = Buffer.from(base64 ?? '', 'base64');
    const type = mediaType as Thumbnail['mediaType'];
    if (
      base64 === undefined ||
      bytes.byteLength > THUMBNAIL_MAX_BYTES ||
      !MAGIC[type].every((m, i) => bytes[i] === m)
    ) {
      const got = `${url.slice(0, 24)}... of ${url.length} characters`;
      throw headerRefusal(
        subject,
        `${key} is ${got}, expected a JPEG or PNG of at most ${THUMBNAIL_MAX_BYTES} bytes`,
      );
    }
    return { mediaType: type, bytes: new Uint8Array(bytes) };
  },
};

/** Base64 of float32. */
export const embeddingValue: HeaderValue<Float32Array> = {
  encode: encodeFloats,
  parse: (base64, key, subject) => {
    const embedding = parseFloats(base64, TOKEN_EMBEDDING_MAX_LENGTH);
    if (embedding !== undefined) return embedding;
    const expected = `base64 of 1 to ${TOKEN_EMBEDDING_MAX_LENGTH} finite float32 values`;
    throw headerRefusal(subject, `${key} has ${base64.length} characters, expected ${expected}`);
  },
};

const probeSchema = z.strictObject({
  bias: z.number().refine((bias) => Number.isFinite(Math.fround(bias)), 'expected a float32'),
  weights: z
    .record(
      z.string().max(80),
      z.string().transform((base64, context) => {
        const weights = parseFloats(base64, PROBE_MAX_CHANNELS);
        if (weights !== undefined) return weights;
        context.addIssue(`expected base64 of 1 to ${PROBE_MAX_CHANNELS} finite float32 values`);
        return z.NEVER;
      }),
    )
    .refine((weights) => Object.keys(weights).length <= BLOCKS_MAX, `expected at most ${BLOCKS_MAX} blocks`),
});

/** JSON: the bias, and the weights in base64 by block. Not tensors, since loaders refuse what is no LoRA. */
export const probeValue: HeaderValue<ObjectProbe> = {
  encode: ({ weights, bias }) => {
    const encoded = [...weights].map(([path, values]) => [path, encodeFloats(values)] as const);
    return JSON.stringify(sortKeys({ bias: bias[0], weights: sortKeys(Object.fromEntries(encoded)) }));
  },
  parse: (value, key, subject) => {
    const parsed = probeSchema.safeParse(parseJson(value, key, subject));
    if (!parsed.success) {
      const underKey = (path: readonly PropertyKey[]) => [key, ...path];
      throw headerRefusal(subject, issueText(parsed.error, underKey));
    }
    const { bias, weights } = parsed.data;
    return { weights: new Map(Object.entries(weights)), bias: Float32Array.of(bias) };
  },
};

/** @throws LikenessError `concept-format` */
export function parseJson(value: string, key: string, file: string): unknown {
  try {
    return JSON.parse(value);
  } catch (cause) {
    throw headerRefusal(file, `${key} is not JSON`, cause);
  }
}

/** The same facts give the same bytes, in whatever order they were gathered. */
export function sortKeys(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** @param fault what is wrong: "has no rank" */
export function headerRefusal(subject: string, fault: string, cause?: unknown): LikenessError {
  return new LikenessError('concept-format', `${subject} is not a sound concept: ${fault}`, { cause });
}

/** Float32, little-endian: some KB, too little to round. */
function encodeFloats(values: Float32Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

/** Undefined for what is not base64 of 1 to `most` finite numbers. */
function parseFloats(base64: string, most: number): Float32Array | undefined {
  const parsed = z
    .base64()
    .max(most * 8)
    .safeParse(base64);
  const bytes = Buffer.from(parsed.data ?? '', 'base64');
  const count = bytes.byteLength / Float32Array.BYTES_PER_ELEMENT;
  if (!Number.isInteger(count) || count === 0 || count > most) return undefined;
  const values = new Float32Array(new Uint8Array(bytes).buffer);
  return values.every(Number.isFinite) ? values : undefined;
}
