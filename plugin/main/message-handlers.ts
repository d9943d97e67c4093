/** messageHandlers: what each message of the UI does to the canvas, and to what is kept for its user. */

import type { MainToUi, UiToMain } from '../messages.ts';
import { CatalogueTables } from './catalogue-tables.ts';
import { CutOutPlacement } from './cut-outs.ts';
import type { FigmaSurface } from './figma-surface.ts';
import { LayerFills } from './layer-fills.ts';
import { exportLayout, selectedLayout } from './layout.ts';
import { WaitingRows } from './row.ts';
import { exportProduct, SceneLayers } from './scene-layers.ts';
import { exportFrames, followSelection } from './selection.ts';
import { launchCommand, VariantBatches } from './variant-batches.ts';

const PAIRING_KEY = 'pairing';
const DRAFT_KEY = 'draft';
/** Figma's limit for a notification. */
const NOTIFY_CHARACTERS = 100;
const NOT_HERE = 'Not on this page any more. Place it on the canvas again from the panel.';

/** One for each type of message; messages are handled one after the other. */
type Handlers = {
  readonly [Type in UiToMain['type']]: (message: Extract<UiToMain, { readonly type: Type }>) => unknown;
};

/** Everything that handlers work with. */
interface Canvas {
  readonly surface: FigmaSurface;
  readonly send: (message: MainToUi) => void;
  readonly batches: VariantBatches;
  readonly rows: WaitingRows;
  readonly fills: LayerFills;
}

export function messageHandlers(surface: FigmaSurface, send: (message: MainToUi) => void): Handlers {
  const canvas: Canvas = {
    surface,
    send,
    batches: new VariantBatches(surface),
    rows: new WaitingRows(surface),
    fills: new LayerFills(surface),
  };
  const tables = new CatalogueTables(surface);
  const cutOuts = new CutOutPlacement(surface);
  return {
    ...userHandlers(canvas),
    ...batchHandlers(canvas),
    ...layoutHandlers(canvas),
    export: (message) => exportFrames(surface, message, send),
    'place-cut-out': (message) => cutOuts.place(message),
    'open-table': (message) => tables.receive(message),
    'table-picture': (message) => tables.receive(message),
    'close-table': (message) => tables.receive(message),
  };
}

/** Start of the UI, what is kept for its user outside of documents, and words for that person. */
function userHandlers({ surface, send, batches, rows }: Canvas) {
  const { clientStorage } = surface;
  const showSelection = followSelection(surface, send);
  const stored = async (key: string): Promise<string | null> => {
    const value: unknown = await clientStorage.getAsync(key);
    return typeof value === 'string' ? value : null;
  };
  return {
    ready: async () => {
      send({
        type: 'hello',
        command: launchCommand(surface.command),
        pairing: await stored(PAIRING_KEY),
        draft: await stored(DRAFT_KEY),
        openBatches: batches.left(),
        waitingRows: await rows.here(),
      });
      return showSelection();
    },
    'store-pairing': ({ pairing }) => clientStorage.setAsync(PAIRING_KEY, pairing),
    'store-draft': ({ draft }) => clientStorage.setAsync(DRAFT_KEY, draft),
    notify: ({ text, error }) => {
      const short = text.length > NOTIFY_CHARACTERS ? `${text.slice(0, NOTIFY_CHARACTERS - 1)}…` : text;
      surface.notify(short, { error });
    },
  } satisfies Partial<Handlers>;
}

/** Pictures of a job: a row of their own, or fills of a layer. */
function batchHandlers({ surface, send, batches, rows, fills }: Canvas) {
  return {
    'keep-row': (message) => rows.keep(message),
    'forget-row': ({ jobId }) => rows.forget(jobId),
    'open-batch': async (message) => {
      const { jobId, fill } = message;
      if (fill !== undefined) {
        fills.open(jobId, fill);
        // Nothing of it is on the canvas before it ends: until then the row stays, for a run that comes later.
        return send({ type: 'batch', jobId, placeholders: message.names.length });
      }
      send({ type: 'batch', jobId, placeholders: await batches.open(message, rows.page(jobId)) });
      return rows.forget(jobId);
    },
    'find-batch': ({ jobId }) => send({ type: 'batch', jobId, placeholders: batches.find(jobId) }),
    picture: (message) => {
      const { jobId, index, kind } = message;
      const outcome = fills.isOpen(jobId) ? fills.take(message) : batches.place(message);
      send({ type: 'picture-done', jobId, index, kind, outcome });
    },
    mask: (message) => {
      if (!batches.placeMask(message) && message.isLast) surface.notify(NOT_HERE);
    },
    'close-batch': async ({ jobId }) => {
      if (!fills.isOpen(jobId)) return batches.close(jobId);
      await fills.close(jobId);
      await rows.forget(jobId);
      return send(selectedLayout(surface));
    },
    reveal: (message) => {
      if (!batches.reveal(message) && !fills.reveal(message.jobId)) surface.notify(NOT_HERE);
    },
  } satisfies Partial<Handlers>;
}

/** The selected layer in its layout: its fills, and scenes under a product. */
function layoutHandlers({ surface, send, fills }: Canvas) {
  const scenes = new SceneLayers(surface);
  const showLayout = () => send(selectedLayout(surface));
  return {
    'use-fill': async (message) => {
      await fills.use(message);
      showLayout();
    },
    'choose-fill': async (message) => {
      await fills.choose(message);
      showLayout();
    },
    'read-layout': showLayout,
    'export-layout': (message) => exportLayout(surface, message, send),
    'export-product': (message) => exportProduct(surface, message, send),
    'place-scene': async (message) => {
      const words = await scenes.place(message);
      if (words !== undefined) surface.notify(words);
    },
  } satisfies Partial<Handlers>;
}
