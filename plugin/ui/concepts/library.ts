import { type Signal, signal } from '@preact/signals';
import { type ConceptSummary, conceptSummarySchema } from '../../../shared/protocol/concept.ts';
import type { ErrorReport } from '../../../shared/protocol/error-report.ts';
import { type ConceptChange, conceptsSchema, routes } from '../../../shared/protocol/http.ts';
import type { Companion } from '../connection/companion.ts';
import { RequestFailure } from '../connection/companion-http.ts';

/** The companion's library, as the plugin shows it. */
export class ConceptLibrary {
  readonly concepts: Signal<readonly ConceptSummary[]> = signal([]);
  readonly thumbnails: Signal<ReadonlyMap<string, string>> = signal(new Map());
  /** The last one removed, while it can be taken back with one click. */
  readonly removed: Signal<ConceptSummary | undefined> = signal(undefined);
  readonly failure: Signal<ErrorReport | undefined> = signal(undefined);
  readonly #companion: Companion;

  constructor(companion: Companion) {
    this.#companion = companion;
  }

  async refresh(): Promise<void> {
    await this.#try(async () => {
      const { concepts } = await this.#companion.json(routes.concepts, conceptsSchema);
      this.concepts.value = concepts;
      for (const concept of concepts) if (concept.hasThumbnail) await this.#fetchThumbnail(concept);
    });
  }

  thumbnailOf({ id, version }: ConceptSummary): string | undefined {
    return this.thumbnails.value.get(`${id}/${version}`);
  }

  change({ id }: ConceptSummary, change: ConceptChange): Promise<boolean> {
    return this.#try(async () => {
      const body = { method: 'PATCH', body: change } as const;
      const changed = await this.#companion.json(routes.concept(id), conceptSummarySchema, body);
      this.concepts.value = this.concepts.value.map((concept) => (concept.id === id ? changed : concept));
    });
  }

  remove(concept: ConceptSummary): Promise<boolean> {
    return this.#try(async () => {
      await this.#companion.blob(routes.concept(concept.id), { method: 'DELETE' });
      this.concepts.value = this.concepts.value.filter(({ id }) => id !== concept.id);
      this.removed.value = concept;
    });
  }

  restore({ id }: ConceptSummary): Promise<boolean> {
    return this.#try(async () => {
      await this.#companion.json(routes.conceptRestore(id), conceptSummarySchema, { method: 'POST' });
      this.removed.value = undefined;
      await this.refresh();
    });
  }

  async #fetchThumbnail({ id, version }: ConceptSummary): Promise<void> {
    const key = `${id}/${version}`;
    if (this.thumbnails.value.has(key)) return;
    const blob = await this.#companion.blob(routes.conceptThumbnail(id));
    this.thumbnails.value = new Map(this.thumbnails.value).set(key, URL.createObjectURL(blob));
  }

  async #try(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.failure.value = undefined;
      return true;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.failure.value = error.report;
      return false;
    }
  }
}
