/** The main thread: joins the UI's messages to the canvas. It has no network and no document object. */

import type { MainToUi, UiToMain } from '../messages.ts';
import { CatalogueTables } from './catalogue-tables.ts';
import { CutOutPlacement } from './cut-outs.ts';
import type { FigmaSurface } from './figma-surface.ts';
import { LayerFills } from './layer-fills.ts';
import { exportLayout, selectedLayout } from './layout.ts';
import { WaitingRows } from './row.ts';
import { exportProduct, SceneLayers } from './scene-layers.ts';
import { exportFrames, followSelection } from './selection.ts';
import { runSerially } from './serial.ts';
import { launchCommand, VariantBatches } from './variant-batches.ts';

/** Wide enough for two columns of variants; the height of a small laptop's canvas. */
const PANEL = { title: 'Likeness', width: 376, height: 640, themeColors: true } as const;
const PAIRING_KEY = 'pairing';
const DRAFT_KEY = 'draft';
/** Figma's limit for a notification. */
const NOTIFY_CHARACTERS = 100;
const NOT_HERE = 'Not on this page any more. Place it on the canvas again from the panel.';

run(figma);

function run(surface: FigmaSurface): void {
  const send = (message: MainToUi) => surface.ui.postMessage(message);
  const batches = new VariantBatches(surface);
  const rows = new WaitingRows(surface);
  const fills = new LayerFills(surface);
  const tables = new CatalogueTables(surface);
  const cutOuts = new CutOutPlacement(surface);
  const scenes = new SceneLayers(surface);
  const showSelection = followSelection(surface, send);

  async function stored(key: string): Promise<string | null> {
    const value: unknown = await surface.clientStorage.getAsync(key);
    return typeof value === 'string' ? value : null;
  }

  async function handle(message: UiToMain): Promise<void> {
    switch (message.type) {
      case 'ready': {
        send({
          type: 'hello',
          command: launchCommand(surface.command),
          pairing: await stored(PAIRING_KEY),
          draft: await stored(DRAFT_KEY),
          openBatches: batches.left(),
          waitingRows: await rows.here(),
        });
        return showSelection();
      }
      case 'store-pairing':
        return surface.clientStorage.setAsync(PAIRING_KEY, message.pairing);
      case 'store-draft':
        return surface.clientStorage.setAsync(DRAFT_KEY, message.draft);
      case 'export':
        return exportFrames(surface, message, send);
      case 'keep-row':
        return rows.keep(message);
      case 'forget-row':
        return rows.forget(message.jobId);
      case 'open-batch': {
        const { jobId, fill } = message;
        if (fill !== undefined) {
          fills.open(jobId, fill);
          // Nothing of it is on the canvas before it ends: until then the row stays, for a run that comes later.
          return send({ type: 'batch', jobId, placeholders: message.names.length });
        }
        send({ type: 'batch', jobId, placeholders: batches.open(message) });
        return rows.forget(jobId);
      }
      case 'find-batch':
        return send({ type: 'batch', jobId: message.jobId, placeholders: batches.find(message.jobId) });
      case 'picture': {
        const { jobId, index, kind } = message;
        const outcome = fills.isOpen(jobId) ? fills.take(message) : batches.place(message);
        return send({ type: 'picture-done', jobId, index, kind, outcome });
      }
      case 'mask':
        if (!batches.placeMask(message) && message.isLast) surface.notify(NOT_HERE);
        return;
      case 'close-batch':
        if (!fills.isOpen(message.jobId)) return batches.close(message.jobId);
        await fills.close(message.jobId);
        await rows.forget(message.jobId);
        return send(selectedLayout(surface));
      case 'use-fill':
        await fills.use(message);
        return send(selectedLayout(surface));
      case 'choose-fill':
        await fills.choose(message);
        return send(selectedLayout(surface));
      case 'read-layout':
        return send(selectedLayout(surface));
      case 'export-layout':
        return exportLayout(surface, message, send);
      case 'export-product':
        return exportProduct(surface, message, send);
      case 'place-scene':
        if (!(await scenes.place(message))) surface.notify(NOT_HERE);
        return;
      case 'open-table':
      case 'table-picture':
      case 'close-table':
        return tables.receive(message);
      case 'place-cut-out':
        return cutOuts.place(message);
      case 'reveal':
        if (!batches.reveal(message) && !fills.reveal(message.jobId)) surface.notify(NOT_HERE);
        return;
      case 'notify': {
        const { text, error } = message;
        const short = text.length > NOTIFY_CHARACTERS ? `${text.slice(0, NOTIFY_CHARACTERS - 1)}…` : text;
        surface.notify(short, { error });
      }
    }
  }

  surface.ui.on(
    'message',
    runSerially((message) => handle(message as UiToMain)),
  );
  surface.showUI(__html__, PANEL);
}
