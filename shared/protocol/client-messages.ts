/** Every text message that a client sends. Images travel beside them, in binary frames (image-frame.ts). */

import { catalogueRequestSchema } from './catalogue.ts';
import { labelSchema } from './concept.ts';
import { clientProofSchema, conceptIdSchema, hexIdSchema, jobIdSchema } from './ids.ts';
import { CATALOGUE_MAX_CELLS, HELLO_MAX_KEYS } from './limits.ts';
import { generateRequestSchema, prepareRequestSchema, teachRequestSchema } from './requests.ts';
import { z } from './zod.ts';

export const clientSchema = z.strictObject({
  /** The name in the list of paired clients: "Figma plugin", "Studio". */
  name: labelSchema,
  version: labelSchema,
});

/** The first message; nothing but a proof is read after it until that was accepted. */
const hello = z.strictObject({
  type: z.literal('hello'),
  /** Any number: the companion answers a wrong one with `refused`, `version`. */
  protocol: z.int().nonnegative(),
  /** Ids of the keys that the client has, one for each companion that it was paired with (handshake.ts). */
  keys: z.array(hexIdSchema).min(1).max(HELLO_MAX_KEYS),
  /** Random, and used once. */
  nonce: hexIdSchema,
  client: clientSchema,
});

/** The answer to the companion's `challenge`, where its proof was right. */
const prove = z.strictObject({ type: z.literal('prove'), proof: clientProofSchema });

/** Sent again with the same id and request, `teach` and `generate` are answered with the job as it stands. */
const teach = z.strictObject({ type: z.literal('teach'), job: jobIdSchema, ...teachRequestSchema.shape });

/** Teaches a concept again, on the model in use, from the pictures that it keeps. Answered as `teach` is. */
const teachAgain = z.strictObject({
  type: z.literal('teach-again'),
  job: jobIdSchema,
  concept: conceptIdSchema,
  steps: teachRequestSchema.shape.steps,
});

const generate = z.strictObject({
  type: z.literal('generate'),
  job: jobIdSchema,
  ...generateRequestSchema.shape,
});

/** Products x scenes x sizes as one job. Sent again as `teach` and `generate` are. */
const catalogue = z.strictObject({
  type: z.literal('catalogue'),
  job: jobIdSchema,
  ...catalogueRequestSchema.shape,
});

/**
 * While somebody writes a prompt: the model is loaded as pictures of it would need it, so that the first begins sooner. Nothing
 * is answered, and nothing happens while there is other work, or where the request could not be carried out.
 */
const prepare = z.strictObject({ type: z.literal('prepare'), ...prepareRequestSchema.shape });

/**
 * A waiting job ends at once, a running one between two steps, or by force when that takes too long. A teaching's
 * progress is kept.
 */
const cancel = z.strictObject({ type: z.literal('cancel'), job: jobIdSchema });

/** Cancels every job that waits. The one that runs goes on: minutes of work must not end with a click on others. */
const clearWaiting = z.strictObject({ type: z.literal('clear-waiting') });

/**
 * Goes on with a teaching that was cancelled or failed, from where it was saved, or with a catalogue's cells that are missing.
 */
const resume = z.strictObject({
  type: z.literal('resume'),
  job: jobIdSchema,
  /** Cells of a catalogue that failed, to be tried again; without them: all that failed. */
  cells: z.array(z.int().nonnegative()).max(CATALOGUE_MAX_CELLS).optional(),
});

/** Puts a waiting job before another, or last. */
const move = z.strictObject({
  type: z.literal('move'),
  job: jobIdSchema,
  before: jobIdSchema.nullable(),
});

/** Asks for a generate job's `picture` and `mask` frames again: after a reload, or to place old results once more. */
const resend = z.strictObject({ type: z.literal('resend'), job: jobIdSchema });

/** Answered with `pong`, by which a dead connection is told from an idle one. */
const ping = z.strictObject({ type: z.literal('ping') });

export const clientMessageSchema = z.discriminatedUnion('type', [
  hello,
  prove,
  teach,
  teachAgain,
  generate,
  catalogue,
  prepare,
  cancel,
  clearWaiting,
  resume,
  move,
  resend,
  ping,
]);

export type ClientMessage = Readonly<z.infer<typeof clientMessageSchema>>;
export type ClientMessageOf<Type extends ClientMessage['type']> = Extract<ClientMessage, { type: Type }>;
