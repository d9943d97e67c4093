/**
 * The HTTP side of the protocol: pairing before there is a token, and everything that is fetched rather than pushed.
 * All but `health` and pairing want `Authorization: Bearer` with the ticket of an open socket, or a token. A failure is answered with an `ErrorReport` and a
 * fitting status.
 */

import { clientSchema } from './client-messages.ts';
import {
  classWordSchema,
  conceptNameSchema,
  conceptSummarySchema,
  newConceptNameSchema,
  rightsSchema,
} from './concept.ts';
import type { ConceptId, ImageId, JobId } from './ids.ts';
import {
  conceptIdSchema,
  hexIdSchema,
  imageIdSchema,
  pairingCodeSchema,
  proofSchema,
  tokenSchema,
} from './ids.ts';
import { catalogueJobSchema, jobSchema } from './job.ts';
import { HISTORY_PAGE_MAX, TEXT_MAX_LENGTH } from './limits.ts';
import { z } from './zod.ts';

/** Addresses, relative to `http://localhost:PORT`. */
export const routes = {
  /** GET: healthSchema. */
  health: '/health',
  /** POST pairRequestSchema: pairedSchema. For programs that the companion itself was started by. */
  pair: '/api/pair',
  /** POST pairingShareSchema: pairingAnswerSchema. */
  pairingShare: '/api/pair/share',
  /** POST pairingProofSchema: pairingProvenSchema. */
  pairingProof: '/api/pair/proof',
  /** GET: clientsSchema. */
  clients: '/api/clients',
  /** DELETE: takes its token back and closes its sockets, 204. */
  client: (id: string) => `/api/clients/${id}`,
  /** GET ?search=TEXT: conceptsSchema. POST a concept file: the entry's importedConceptSchema. */
  concepts: '/api/concepts',
  /** GET: conceptSummarySchema. PATCH conceptChangeSchema: the same. DELETE: 204; kept aside until pruned. */
  concept: (id: ConceptId) => `/api/concepts/${id}`,
  /** DELETE: deletes the pictures that it keeps, for good, 204. */
  conceptReferences: (id: ConceptId) => `/api/concepts/${id}/references`,
  /** POST: takes a removed concept back, conceptSummarySchema. */
  conceptRestore: (id: ConceptId) => `/api/concepts/${id}/restore`,
  /** GET: removedConceptsSchema. */
  removedConcepts: '/api/removed-concepts',
  /** GET ?version=N: PNG or JPEG, of the newest version by default. */
  conceptThumbnail: (id: ConceptId) => `/api/concepts/${id}/thumbnail`,
  /** GET ?version=, by default the newest: a JPEG of what was learned. */
  conceptSample: (id: ConceptId) => `/api/concepts/${id}/sample`,
  /** GET ?ids=ID,ID: thumbnailsSchema. Of many concepts at one look; those without one are left out. */
  conceptThumbnails: '/api/concept-thumbnails',
  /**
   * GET ?version=N&for=PROGRAM: the concept file, safetensors, of the newest version by default, as it is or under the names
   * of a program (EXPORT_PROGRAMS).
   */
  conceptFile: (id: ConceptId) => `/api/concepts/${id}/file`,
  /** GET ?version=N&for=PROGRAM: exportSchema, of the file that the same query gives. */
  conceptExport: (id: ConceptId) => `/api/concepts/${id}/export`,
  /** GET ?search=TEXT&before=CURSOR&limit=N: historySchema. DELETE: removes all ended jobs, 204. */
  jobs: '/api/jobs',
  /** GET: jobSchema. DELETE: removes an ended job and its pictures, 204. */
  job: (id: JobId) => `/api/jobs/${id}`,
  /** GET: PNG with its record. */
  picture: (id: JobId, picture: number) => `/api/jobs/${id}/pictures/${picture}`,
  /** GET: PNG. */
  layer: (id: JobId, picture: number, layer: string) => `/api/jobs/${id}/pictures/${picture}/layers/${layer}`,
  /** GET: PNG, grey, a pixel a cell. */
  mask: (id: JobId, picture: number, concept: string) =>
    `/api/jobs/${id}/pictures/${picture}/masks/${concept}`,
  /** GET: PNG of its product alone, with alpha, by the network that removes backgrounds or by the picture's masks. */
  product: (id: JobId, picture: number) => `/api/jobs/${id}/pictures/${picture}/product`,
  /** GET: lorasSchema. */
  loras: '/api/loras',
  /** GET: presetsSchema. POST presetFileSchema: its presets are added, each in the place of the one with its name, importedPresetsSchema. */
  presets: '/api/presets',
  /** DELETE: 204. A name is percent-encoded. */
  preset: (name: string) => `/api/presets/${name}`,
  /** GET: modelsSchema. POST addModelSchema: a file or folder of the companion's computer is added, modelsSchema. */
  models: '/api/models',
  /** GET ?path=, by default the home folder: modelFolderSchema. */
  modelFolder: '/api/model-folder',
  /** DELETE: modelsSchema without it. A name is percent-encoded here and below. */
  model: (name: string) => `/api/models/${name}`,
  /** POST pullModelSchema: modelsSchema. DELETE: ends the pull and removes what it received, modelsSchema. */
  modelPull: (name: string) => `/api/models/${name}/pull`,
  /** POST: modelsSchema. What was received is kept. */
  modelPause: (name: string) => `/api/models/${name}/pause`,
  /** POST: modelsSchema. */
  modelResume: (name: string) => `/api/models/${name}/resume`,
  /** POST: every file is read and compared, modelsSchema. DELETE: ends that, modelsSchema. */
  modelCheck: (name: string) => `/api/models/${name}/check`,
  /** POST: new work is done on it, modelsSchema. Jobs under way keep theirs. */
  modelUse: (name: string) => `/api/models/${name}/use`,
  /** POST a PNG, JPEG or WebP: a PNG without its background. */
  cutOuts: '/api/cut-outs',
  /** GET: computerSchema. */
  computer: '/api/computer',
  /** POST startAtLoginSchema: 204. */
  startAtLogin: '/api/computer/start-at-login',
  /** POST openFolderSchema: shows the folder in the computer's file manager, 204. */
  openFolder: '/api/computer/open',
  /** POST: a new code, shownCodeSchema. */
  pairingCode: '/api/computer/code',
  /** POST leaveSchema: the companion saves what is under way and ends, 204. */
  leave: '/api/computer/leave',
  /** POST a PNG, JPEG or WebP for teaching, as an `upload` frame brings it: imageReceivedSchema, 201. */
  image: (id: ImageId) => `/api/images/${id}`,
} as const;

export const healthSchema = z.object({ name: z.literal('likeness'), protocol: z.int().positive() });

export const pairRequestSchema = z.strictObject({ code: pairingCodeSchema, client: clientSchema });
/** @internal */
export const pairedSchema = z.object({ token: tokenSchema });

/** The panel's side of pairing-exchange.ts. */
export const pairingShareSchema = z.strictObject({
  by: z.enum(['code', 'link']),
  run: hexIdSchema,
  share: proofSchema,
  client: clientSchema,
});
/** The companion's share. */
export const pairingAnswerSchema = z.object({ share: proofSchema });
/** The same again, so that the companion keeps nothing of runs that nobody ends. */
export const pairingProofSchema = z.strictObject({ ...pairingShareSchema.shape, proof: proofSchema });
export const pairingProvenSchema = z.object({ companion: hexIdSchema, proof: proofSchema });

/** Those that are paired; `you` is the one that asks. */
const clientsSchema = z.object({
  clients: z.array(
    z.object({ id: z.uuid(), label: z.string(), createdAt: z.iso.datetime(), you: z.boolean() }),
  ),
});

const imageReceivedSchema = z.object({ image: imageIdSchema });

/** Kept aside for some days after they were removed. */
export const removedConceptsSchema = z.object({
  concepts: z.array(
    z.object({
      id: conceptIdSchema,
      name: conceptNameSchema,
      classWord: classWordSchema,
      removedAt: z.iso.datetime(),
      versions: z.int().positive(),
      sizeBytes: z.int().nonnegative(),
    }),
  ),
});

/** The newest versions' thumbnails. */
export const thumbnailsSchema = z.object({
  thumbnails: z.array(
    z.object({
      id: conceptIdSchema,
      version: z.int().positive(),
      mediaType: z.enum(['image/jpeg', 'image/png']),
      /** Base64. */
      bytes: z.base64(),
    }),
  ),
});

/** Programs that a concept can be exported for, by the names that they read. */
export const EXPORT_PROGRAMS = ['kohya', 'a1111', 'comfyui', 'diffusers', 'invokeai'] as const;
export type ExportProgram = (typeof EXPORT_PROGRAMS)[number];

export const exportSchema = z.object({
  /** Words of a prompt that stand for the concept in other programs. */
  triggerWords: z.string(),
  /** Lines for people: what to write, and what stays behind. */
  notes: z.array(z.string()),
});

/** With lines on what, sound as it is, changes nothing. */
export const importedConceptSchema = conceptSummarySchema.extend({ findings: z.array(z.string()) });

export const conceptsSchema = z.object({ concepts: z.array(conceptSummarySchema) });
export const conceptChangeSchema = z.strictObject({
  name: newConceptNameSchema.optional(),
  rights: rightsSchema.optional(),
});

/** Searched in names, prompts and class words. */
export const searchSchema = z.string().max(TEXT_MAX_LENGTH);

/** From a query string, where everything is text. */
export const historyQuerySchema = z.object({
  search: searchSchema.optional(),
  /** `next` of the page before. */
  before: z.string().max(TEXT_MAX_LENGTH).optional(),
  limit: z.coerce.number().int().min(1).max(HISTORY_PAGE_MAX).default(HISTORY_PAGE_MAX),
});

/** From the newest. */
export const historySchema = z.object({
  jobs: z.array(jobSchema).max(HISTORY_PAGE_MAX),
  /** Those of the page that are catalogues; absent from older companions. */
  catalogues: z.array(catalogueJobSchema).max(HISTORY_PAGE_MAX).default([]),
  /** Cursor of the next page; null at the end. */
  next: z.string().nullable(),
});

export type Health = Readonly<z.infer<typeof healthSchema>>;
export type PairRequest = Readonly<z.infer<typeof pairRequestSchema>>;
export type PairingShareRequest = Readonly<z.infer<typeof pairingShareSchema>>;
export type PairingAnswer = Readonly<z.infer<typeof pairingAnswerSchema>>;
export type PairingProofRequest = Readonly<z.infer<typeof pairingProofSchema>>;
export type PairingProven = Readonly<z.infer<typeof pairingProvenSchema>>;
export type Paired = Readonly<z.infer<typeof pairedSchema>>;
export type Clients = Readonly<z.infer<typeof clientsSchema>>;
export type ImageReceived = Readonly<z.infer<typeof imageReceivedSchema>>;
export type RemovedConcepts = Readonly<z.infer<typeof removedConceptsSchema>>;
export type Thumbnails = Readonly<z.infer<typeof thumbnailsSchema>>;
export type ConceptExport = Readonly<z.infer<typeof exportSchema>>;
export type ImportedConcept = Readonly<z.infer<typeof importedConceptSchema>>;
export type Concepts = Readonly<z.infer<typeof conceptsSchema>>;
export type ConceptChange = Readonly<z.infer<typeof conceptChangeSchema>>;
export type HistoryQuery = Readonly<z.infer<typeof historyQuerySchema>>;
export type History = Readonly<z.infer<typeof historySchema>>;
