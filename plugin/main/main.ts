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
/** Editors in which people start it by another way than the design file's menu; none of them can be worked in. */
const OTHER_EDITORS: Readonly<Record<string, string>> = {
  dev: 'Dev Mode changes no layers. Switch to Design (Shift+D), and start Likeness there.',
};
const NO_DESIGN_FILE = 'Likeness works in design files. Open one in Figma, and start Likeness there.';
const UNCHANGEABLE =
  'Figma did not let Likeness change this file. Check that you may edit it, and try again.';
const NOT_HERE = 'Not on this page any more. Place it on the canvas again from the panel.';

run(figma);

function run(surface: FigmaSurface): void {
  const { editorType } = surface;
  if (editorType !== 'figma') {
    surface.closePlugin(OTHER_EDITORS[editorType] ?? NO_DESIGN_FILE);
    return;
  }
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
        send({ type: 'batch', jobId, placeholders: await batches.open(message, rows.page(jobId)) });
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
      case 'place-scene': {
        const words = await scenes.place(message);
        if (words !== undefined) surface.notify(words);
        return;
      }
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

  /** A refusal of the canvas is told to the person, and the panel gets the answer that it waits for. */
  async function answered(message: UiToMain): Promise<void> {
    try {
      await handle(message);
    } catch (error) {
      console.error('likeness:', error);
      surface.notify(UNCHANGEABLE, { error: true });
      const answer = refusalOf(message);
      if (answer !== undefined) send(answer);
    }
  }

  surface.ui.on(
    'message',
    runSerially((message) => answered(message as UiToMain)),
  );
  surface.showUI(__html__, PANEL);
}

/** Undefined for messages that nobody waits for the answer of. */
function refusalOf(message: UiToMain): MainToUi | undefined {
  switch (message.type) {
    case 'open-batch':
    case 'find-batch':
      return { type: 'batch', jobId: message.jobId, placeholders: 0 };
    case 'picture': {
      const { jobId, index, kind } = message;
      return { type: 'picture-done', jobId, index, kind, outcome: 'refused' };
    }
    case 'export-layout':
      return {
        type: 'layout-exported',
        exportId: message.exportId,
        result: { fault: 'failed', name: '' },
      };
    case 'export-product':
      return { type: 'product-exported', exportId: message.exportId, result: 'failed' };
    default:
      return undefined;
  }
}
