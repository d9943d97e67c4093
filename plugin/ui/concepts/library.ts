import { type Signal, signal } from '@preact/signals';
import { type ConceptSummary, conceptSummarySchema } from '../../../shared/protocol/concept.ts';
import {
  type ConceptChange,
  type ConceptExport,
  conceptsSchema,
  type ExportProgram,
  exportSchema,
  type ImportedConcept,
  importedConceptSchema,
  type RemovedConcepts,
  removedConceptsSchema,
  routes,
  thumbnailsSchema,
} from '../../../shared/protocol/http.ts';
import { THUMBNAILS_MAX } from '../../../shared/protocol/limits.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import type { CompanionConnection } from '../connection/companion.ts';
import { attempt, RequestFailure } from '../connection/companion-http.ts';
import { type ConceptEdit, editOf } from './concept-edit.ts';
import type { LoraWords } from './concept-import.ts';

/** The companion's library, as the plugin shows it. */
export class ConceptList {
  readonly concepts: Signal<readonly ConceptSummary[]> = signal([]);
  /** Those that can be restored, the last one removed first. */
  readonly removed: Signal<RemovedConcepts['concepts']> = signal([]);
  /** True once the companion has sent the list. */
  readonly isKnown: Signal<boolean> = signal(false);
  readonly thumbnails: Signal<ReadonlyMap<string, string>> = signal(new Map());
  readonly samples: Signal<ReadonlyMap<string, string>> = signal(new Map());
  readonly #asked = new Set<string>();
  readonly failure: Signal<ErrorReport | undefined> = signal(undefined);
  /** The concept whose card is open, and what was entered there: looking elsewhere loses neither. */
  readonly open: Signal<string | undefined> = signal(undefined);
  readonly #edits: Signal<ReadonlyMap<string, ConceptEdit>> = signal(new Map());
  readonly #companion: CompanionConnection;
  /** Number of the newest look at the library, and of the one whose answer is shown. */
  #asks = 0;
  #shown = 0;

  constructor(companion: CompanionConnection) {
    this.#companion = companion;
  }

  async refresh(): Promise<void> {
    const ask = ++this.#asks;
    await this.#try(async () => {
      const { concepts } = await this.#companion.json(routes.concepts, conceptsSchema);
      // Answers may overtake each other, and an older one would undo what is shown.
      if (ask < this.#shown) return;
      this.#shown = ask;
      this.concepts.value = concepts;
      this.isKnown.value = true;
      const removed = await this.#companion.json(routes.removedConcepts, removedConceptsSchema);
      if (ask < this.#shown) return;
      // A concept that was removed, restored in part and removed again is listed twice, and comes back as one.
      const isFirst = (id: string, at: number) => removed.concepts.findIndex((one) => one.id === id) === at;
      this.removed.value = removed.concepts.filter(({ id }, at) => isFirst(id, at));
      await this.#fetchThumbnails(concepts);
    });
  }

  thumbnailOf({ id, version }: ConceptSummary): string | undefined {
    return this.thumbnails.value.get(`${id}/${version}`);
  }

  /** Address of a picture of what a version learned; undefined where it keeps none, or none has come yet. */
  sampleOf(id: string, version: number): string | undefined {
    return this.samples.value.get(`${id}/${version}`);
  }

  /** Fetches it where the version keeps one and it is not there yet. */
  async loadSample(id: string, version: number): Promise<void> {
    const key = `${id}/${version}`;
    const concept = this.concepts.value.find((one) => one.id === id);
    const keepsOne = concept?.versions.find((one) => one.version === version)?.hasSample === true;
    if (!keepsOne || this.#asked.has(key)) return;
    this.#asked.add(key);
    await this.#try(async () => {
      const blob = await this.#companion.blob(`${routes.conceptSample(id)}?version=${version}`);
      this.samples.value = new Map(this.samples.value).set(key, URL.createObjectURL(blob));
    });
  }

  editOf(concept: ConceptSummary): ConceptEdit {
    return this.#edits.value.get(concept.id) ?? editOf(concept);
  }

  edit(concept: ConceptSummary, part: Partial<ConceptEdit>): void {
    const edit = { ...this.editOf(concept), ...part };
    this.#edits.value = new Map(this.#edits.value).set(concept.id, edit);
  }

  /** The companion's refusal, for the card where the change was entered; undefined when it is done. */
  async change({ id }: ConceptSummary, change: ConceptChange): Promise<ErrorReport | undefined> {
    try {
      const body = { method: 'PATCH', body: change } as const;
      const changed = await this.#companion.json(routes.concept(id), conceptSummarySchema, body);
      this.concepts.value = this.concepts.value.map((concept) => (concept.id === id ? changed : concept));
      this.#forgetEdit(id);
      return undefined;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      return error.report;
    }
  }

  remove({ id }: ConceptSummary): Promise<boolean> {
    return this.#try(async () => {
      await this.#companion.blob(routes.concept(id), { method: 'DELETE' });
      this.#forgetEdit(id);
      await this.refresh();
    });
  }

  /** Deletes the frames that it keeps, for good. */
  forgetReferences({ id }: ConceptSummary): Promise<boolean> {
    return this.#try(async () => {
      await this.#companion.blob(routes.conceptReferences(id), { method: 'DELETE' });
      await this.refresh();
    });
  }

  restore(id: string): Promise<boolean> {
    return this.#try(async () => {
      await this.#companion.json(routes.conceptRestore(id), conceptSummarySchema, { method: 'POST' });
      await this.refresh();
    });
  }

  /** Words to write in another program, and what stays behind; undefined where the companion does not answer. */
  async exportOf({ id }: ConceptSummary, program: ExportProgram): Promise<ConceptExport | undefined> {
    let told: ConceptExport | undefined;
    await this.#try(async () => {
      told = await this.#companion.json(`${routes.conceptExport(id)}?for=${program}`, exportSchema);
    });
    return told;
  }

  /** The newest version's file under the names that a program reads; undefined where the companion does not answer. */
  async fileOf({ id }: ConceptSummary, program: ExportProgram | undefined): Promise<Blob | undefined> {
    const query = program === undefined ? '' : `?for=${program}`;
    let file: Blob | undefined;
    await this.#try(async () => {
      file = await this.#companion.blob(`${routes.conceptFile(id)}${query}`);
    });
    return file;
  }

  /**
   * Takes a concept file in, or a LoRA file of another program with what it does not say itself.
   * @returns the concept as it is in the library, or the companion's refusal
   */
  async import(file: Blob, facts: LoraWords | undefined): Promise<ImportedConcept | ErrorReport> {
    const query = new URLSearchParams({ ...facts });
    try {
      const request = { method: 'POST', file } as const;
      const imported = await this.#companion.json(
        `${routes.concepts}?${query}`,
        importedConceptSchema,
        request,
      );
      await this.refresh();
      return imported;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      return error.report;
    }
  }

  #forgetEdit(id: string): void {
    const edits = new Map(this.#edits.value);
    edits.delete(id);
    this.#edits.value = edits;
  }

  /** Many at a time: each answer is one look of the companion's at its library. */
  async #fetchThumbnails(concepts: readonly ConceptSummary[]): Promise<void> {
    const missing = concepts.filter(
      ({ id, version, hasThumbnail }) => hasThumbnail && !this.thumbnails.value.has(`${id}/${version}`),
    );
    for (let first = 0; first < missing.length; first += THUMBNAILS_MAX) {
      const ids = missing.slice(first, first + THUMBNAILS_MAX).map(({ id }) => id);
      const route = `${routes.conceptThumbnails}?ids=${ids.join(',')}`;
      const { thumbnails } = await this.#companion.json(route, thumbnailsSchema);
      const known = new Map(this.thumbnails.value);
      for (const { id, version, mediaType, bytes } of thumbnails) {
        const blob = new Blob([Uint8Array.from(atob(bytes), (one) => one.charCodeAt(0))], {
          type: mediaType,
        });
        known.set(`${id}/${version}`, URL.createObjectURL(blob));
      }
      this.thumbnails.value = known;
    }
  }

  async #try(work: () => Promise<void>): Promise<boolean> {
    const isDone = await attempt(this.failure, async () => {
      await work();
      return true;
    });
    return isDone ?? false;
  }
}
