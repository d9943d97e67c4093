/** Catalogues: those that the companion has, the draft of the next one, and their way onto the canvas as tables. */

import { computed, type ReadonlySignal, type Signal, signal } from '@preact/signals';
import { type CatalogueCell, cellText } from '../../../../shared/catalogue.ts';
import { LikenessError } from '../../../../shared/errors.ts';
import type { ImageSize } from '../../../../shared/geometry.ts';
import { type CatalogueJobSpec, catalogueCells } from '../../../../shared/protocol/catalogue.ts';
import { routes } from '../../../../shared/protocol/http.ts';
import { isCatalogue, type JobOf } from '../../../../shared/protocol/job.ts';
import { CATALOGUE_MAX_CELLS } from '../../../../shared/protocol/limits.ts';
import { type Preset, presetWords, sceneSchema } from '../../../../shared/protocol/preset.ts';
import type { ModelSummary, ServerMessage } from '../../../../shared/protocol/server-messages.ts';
import { type ErrorReport, reportOf } from '../../../../shared/protocol/zod.ts';
import type { CanvasBridge } from '../../canvas/bridge.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { RequestFailure } from '../../connection/companion-http.ts';
import { newJobId } from '../drafts.ts';
import type { JobBoard } from '../job-board.ts';
import { type CatalogueFileRows, readCatalogueRows } from './catalogue-import.ts';
import { columnOf, tableColumns } from './catalogue-table.ts';

export type CatalogueJob = JobOf<'catalogue'>;

/** Pictures of a catalogue. */
export type CatalogueLists = Pick<
  CatalogueJobSpec,
  'products' | 'scenes' | 'sizes' | 'seeds' | 'negatives' | 'cells'
>;

export interface CatalogueDraft {
  /** Names of concepts. */
  readonly products: readonly string[];
  /** As it is typed, one a line. */
  readonly scenes: string;
  readonly sizes: readonly ImageSize[];
  readonly seed: number;
}

export class Catalogues {
  readonly draft: Signal<CatalogueDraft> = signal({ products: [], scenes: '', sizes: [], seed: 0 });
  /** The one that the view shows; undefined: the form. */
  readonly shown: Signal<string | undefined> = signal(undefined);
  /** A file in place of the lists. */
  readonly file: Signal<CatalogueFileRows | undefined> = signal(undefined);
  /** Reason why a file could not be read. */
  readonly fileFailure: Signal<ErrorReport | undefined> = signal(undefined);
  /** True where the companion makes catalogues. */
  readonly isKnown = signal(false);
  /** Catalogue that is on its way to the canvas. */
  readonly placing: Signal<string | undefined> = signal(undefined);
  /** Reason why a catalogue could not be placed. */
  readonly failure: Signal<{ readonly job: string; readonly report: ErrorReport } | undefined> =
    signal(undefined);
  /** By job, from the newest. */
  readonly jobs: ReadonlySignal<ReadonlyMap<string, CatalogueJob>>;
  readonly #board: JobBoard;
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;

  constructor(bridge: CanvasBridge, companion: CompanionConnection, board: JobBoard) {
    this.#board = board;
    this.jobs = computed(() => {
      const own = [...board.jobs.value.values()].filter(isCatalogue);
      const newestFirst = own.sort((a, b) => b.createdAt.localeCompare(a.createdAt));
      return new Map(newestFirst.map((job) => [job.job, job]));
    });
    this.#bridge = bridge;
    this.#companion = companion;
  }

  receive(message: ServerMessage): void {
    if (message.type !== 'welcome') return;
    this.isKnown.value = message.catalogues !== undefined;
    const running = this.#board.running.value;
    // Whoever opens the panel again finds the one that is under way.
    if (running?.kind === 'catalogue') this.shown.value ??= running.job;
  }

  /** @param preset its words, negative prompt, steps, guidance and styles go with it */
  start(lists: CatalogueLists, model: ModelSummary, preset: Preset | undefined): void {
    const job = newJobId();
    this.#companion.send({ type: 'catalogue', job, ...lists, ...sharedSettings(model, preset) });
    this.shown.value = job;
    this.file.value = undefined;
  }

  async readFile(file: File): Promise<void> {
    this.fileFailure.value = undefined;
    try {
      this.file.value = await readCatalogueRows(file);
    } catch (error) {
      if (!(error instanceof LikenessError)) throw error;
      this.fileFailure.value = reportOf(error);
    }
  }

  /** Goes on with what is missing. @param cells those that failed and are to be tried again; default: all */
  resume(job: string, cells?: readonly number[]): void {
    this.#companion.send({ type: 'resume', job, ...(cells !== undefined && { cells: [...cells] }) });
  }

  /** Lays the pictures out on the canvas, a row a product, a column a scene and size. */
  async place({ job, request, pictures }: CatalogueJob): Promise<void> {
    if (this.placing.value !== undefined) return;
    this.placing.value = job;
    this.failure.value = undefined;
    const cells = catalogueCells(request);
    const columns = tableColumns(request);
    const { products } = request;
    this.#bridge.send({
      type: 'open-table',
      tableId: job,
      name: catalogueTitle(request),
      columns,
      rows: products,
      cells: cells.map((cell) => [products.indexOf(cell.product), columnOf(cell, columns)]),
    });
    try {
      for (const { picture } of pictures) {
        const cell = cells[picture]!;
        const blob = await this.#companion.blob(routes.picture(job, picture));
        const bytes = new Uint8Array(await blob.arrayBuffer());
        const place = { row: products.indexOf(cell.product), column: columnOf(cell, columns) };
        this.#bridge.send({ type: 'table-picture', tableId: job, ...place, name: cellText(cell), bytes });
      }
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.failure.value = { job, report: error.report };
    } finally {
      this.#bridge.send({ type: 'close-table', tableId: job });
      this.placing.value = undefined;
    }
  }
}

/** "@aurora, a shelf with … on it, 96 × 64, seed 0". */
export function cellTitle(cell: CatalogueCell): string {
  return `@${cellText(cell).replace(`${cell.width}x${cell.height}`, `${cell.width} × ${cell.height}`)}`;
}

/** "2 products, 4 scenes, 3 sizes". */
export function catalogueTitle({
  products,
  scenes,
  sizes,
}: Pick<CatalogueJobSpec, 'products' | 'scenes' | 'sizes'>): string {
  const count = (number: number, noun: string) => `${number} ${noun}${number === 1 ? '' : 's'}`;
  return [count(products.length, 'product'), count(scenes.length, 'scene'), count(sizes.length, 'size')].join(
    ', ',
  );
}

/** Scenes of a draft, each once. */
export function typedScenes(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.trim().replaceAll(/\s+/g, ' '));
  return [...new Set(lines.filter((line) => line !== ''))];
}

export function draftCount({ products, scenes, sizes }: CatalogueDraft): number {
  return products.length * typedScenes(scenes).length * sizes.length;
}

/** The draft with a preset's scenes and size where it has none of its own, as on the command line. */
export function withPresetLists(draft: CatalogueDraft, preset: Preset | undefined): CatalogueDraft {
  const { scenes = [], size } = preset ?? {};
  const isBare = typedScenes(draft.scenes).length === 0;
  return {
    ...draft,
    ...(isBare && { scenes: scenes.join('\n') }),
    ...(draft.sizes.length === 0 && size !== undefined && { sizes: [size] }),
  };
}

/** The reason why a draft cannot be made; undefined where it can. */
export function draftProblem(draft: CatalogueDraft): string | undefined {
  const typed = typedScenes(draft.scenes);
  const count = draftCount(draft);
  if (typed.some((scene) => !sceneSchema.safeParse(scene).success)) return 'A scene is too long.';
  if (count > CATALOGUE_MAX_CELLS) return `At most ${CATALOGUE_MAX_CELLS} pictures in one catalogue.`;
  return count === 0 ? '' : undefined;
}

/** Lists of the form. */
export function listsOf({ products, scenes, sizes, seed }: CatalogueDraft): CatalogueLists {
  return { products: [...products], scenes: [...typedScenes(scenes)], sizes: [...sizes], seeds: [seed] };
}

function sharedSettings(
  model: ModelSummary,
  preset: Preset | undefined,
): Omit<CatalogueJobSpec, keyof CatalogueLists> {
  const words = preset === undefined ? '' : presetWords(preset);
  const { name, negativePrompt, steps, guidanceScale, loras } = preset ?? {};
  return {
    strength: 1,
    mask: model.defaults.generate.mask,
    ...(words !== '' && { words }),
    ...(name !== undefined && { preset: name }),
    ...(negativePrompt !== undefined && { negativePrompt }),
    ...(steps !== undefined && { steps }),
    ...(guidanceScale !== undefined && { guidanceScale }),
    ...(loras !== undefined && { loras: [...loras] }),
  };
}
