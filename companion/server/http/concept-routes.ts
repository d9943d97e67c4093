/** `conceptRoutes`: the library over HTTP. Concepts are named by id, and an id by its pattern: no request reaches a path. */

import express, { type Request, Router } from 'express';
import type { ConceptSummary, Rights } from '../../../shared/protocol/concept.ts';
import {
  type Concepts,
  conceptChangeSchema,
  type ImportedConcept,
  type RemovedConcepts,
  routes,
  searchSchema,
} from '../../../shared/protocol/http.ts';
import { z } from '../../../shared/protocol/zod.ts';
import { readConcept } from '../../concepts/concept-file.ts';
import { modelFit } from '../../concepts/model-fit.ts';
import { residualFindings } from '../../concepts/residual-findings.ts';
import { CONCEPT_SUFFIX } from '../../library/concept-folder.ts';
import type {
  ConceptLibrary,
  ConceptVersion,
  KeptSet,
  LibraryConcept,
} from '../../library/concept-library.ts';
import { loraFactsSchema } from '../../library/concept-writer.ts';
import { versionFor } from '../../library/model-version.ts';
import type { ModelTraits } from '../../pipeline/model-traits.ts';
import { MAX_CONCEPT_FILE_BYTES, MAX_JSON_BYTES } from '../limits.ts';
import { parsed } from './app.ts';
import { conceptFileRoutes, idOf } from './concept-file-routes.ts';
import type { FileKind, FileReceiver } from './upload-routes.ts';

const CONCEPT_FILE: FileKind = {
  maxBytes: MAX_CONCEPT_FILE_BYTES,
  code: 'concept-format',
  suffix: CONCEPT_SUFFIX,
};

const listQuery = z.object({ search: searchSchema.optional() });

/** Facts of an import; all but the name are for a plain LoRA file, which lacks them. */
const importQuery = z.object({
  name: loraFactsSchema.shape.name.optional(),
  classWord: loraFactsSchema.shape.classWord.optional(),
  identifier: loraFactsSchema.shape.identifier.optional(),
  architecture: loraFactsSchema.shape.architecture.optional(),
});

export interface ConceptRouteOptions {
  readonly library: ConceptLibrary;
  /** The one in use: concepts of another are shown, but cannot be used. */
  readonly model: () => ModelTraits;
  readonly receiver: FileReceiver;
}

export function conceptRoutes({ library, model, receiver }: ConceptRouteOptions): Router {
  const router = Router();
  const kept = async (): Promise<Kept> => ({
    sets: await library.references(),
    samples: await library.samples.hashes(),
  });
  const summary = async (concept: LibraryConcept) => summaryFor(concept, model(), await kept());

  router.get(routes.concepts, async (request, response) => {
    const { search } = parsed(listQuery, request.query, 'the query');
    const { concepts } = await library.list(search);
    const all = await kept();
    const summaries = concepts.map((concept) => summaryFor(concept, model(), all));
    response.json({ concepts: summaries } satisfies Concepts);
  });

  router.post(routes.concepts, async (request, response) => {
    const imported = await importedFrom(request, { library, model, receiver });
    const { factors } = await readConcept(await library.materialize(imported));
    const facts = await summary(await library.get(imported.id));
    response
      .status(201)
      .json({ ...facts, findings: [...residualFindings(factors)] } satisfies ImportedConcept);
  });

  router.get(routes.removedConcepts, async (_request, response) => {
    const removed = await library.removed();
    const concepts = removed.map((one) => ({ ...one, removedAt: one.removedAt.toISOString() }));
    response.json({ concepts } satisfies RemovedConcepts);
  });

  router.get(routes.concept(':id'), async (request, response) => {
    response.json(await summary(await library.get(idOf(request))));
  });

  router.patch(routes.concept(':id'), express.json({ limit: MAX_JSON_BYTES }), async (request, response) => {
    const change = parsed(conceptChangeSchema, request.body, 'the request');
    response.json(await summary(await library.edit(idOf(request), change)));
  });

  router.delete(routes.concept(':id'), async (request, response) => {
    await library.remove(idOf(request));
    response.status(204).end();
  });

  router.delete(routes.conceptReferences(':id'), async (request, response) => {
    await library.forgetReferences(idOf(request));
    response.status(204).end();
  });

  router.post(routes.conceptRestore(':id'), async (request, response) => {
    response.json(await summary(await library.restore(idOf(request))));
  });

  router.use(conceptFileRoutes(library));
  return router;
}

/** The concept file, or plain LoRA, that the request's body is, in the library. */
function importedFrom(
  request: Request,
  { library, model, receiver }: ConceptRouteOptions,
): Promise<ConceptVersion> {
  const { name, ...lora } = parsed(importQuery, request.query, 'the query');
  const { identity, sites } = model();
  const fitted = { architecture: identity.architecture, sites };
  return receiver.receive(request, CONCEPT_FILE, async (path) => {
    const facts = loraFactsSchema.safeParse({ name, ...lora });
    return library.import(path, { name, lora: facts.data, model: fitted });
  });
}

/** Pictures that versions keep, by weight hash: those they were taught from, and those that show what was learned. */
interface Kept {
  readonly sets: ReadonlyMap<string, KeptSet>;
  readonly samples: ReadonlySet<string>;
}

function summaryFor(concept: LibraryConcept, model: ModelTraits, { sets, samples }: Kept): ConceptSummary {
  const { id, name, current, versions, expired } = concept;
  const { version: chosen, fit } = versionFor(concept, model);
  const [kept] = versions.flatMap(({ weightHash }) => sets.get(weightHash) ?? []);
  return {
    id,
    name,
    classWord: current.classWord,
    version: current.version,
    model: chosen.baseModel.name,
    usable: !expired && fit.kind !== 'none',
    ...(chosen !== current && { chosenVersion: chosen.version }),
    ...(fit.kind === 'other' && { note: fit.note }),
    ...(kept && { kept: { references: kept.keys.length, sizeBytes: kept.sizeBytes } }),
    referenceCount: current.referenceCount,
    sizeBytes: current.sizeBytes,
    createdAt: current.createdAt,
    // Read from JSON, where nothing is undefined.
    rights: current.rights as Rights,
    hasThumbnail: current.thumbnail !== undefined,
    versions: versions.map(({ version, createdAt, referenceCount, ...one }) => ({
      version,
      createdAt,
      referenceCount,
      model: one.baseModel.name,
      usable: !expired && modelFit(one, model).kind !== 'none',
      hasSample: samples.has(one.weightHash),
    })),
  };
}
