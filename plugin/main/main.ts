/** The main thread: joins the UI's messages to the canvas. It has no network and no document object. */

import type { MainToUi, UiToMain } from '../messages.ts';
import type { FigmaSurface } from './figma-surface.ts';
import { messageHandlers } from './message-handlers.ts';
import { runSerially } from './serial.ts';

/** Wide enough for two columns of variants; the height of a small laptop's canvas. */
const PANEL = { title: 'Likeness', width: 376, height: 640, themeColors: true } as const;
/** Editors in which people start it by another way than the design file's menu; none of them can be worked in. */
const OTHER_EDITORS: Readonly<Record<string, string>> = {
  dev: 'Dev Mode changes no layers. Switch to Design (Shift+D), and start Likeness there.',
};
const NO_DESIGN_FILE = 'Likeness works in design files. Open one in Figma, and start Likeness there.';
const UNCHANGEABLE =
  'Figma did not let Likeness change this file. Check that you may edit it, and try again.';

run(figma);

function run(surface: FigmaSurface): void {
  const { editorType } = surface;
  if (editorType !== 'figma') {
    surface.closePlugin(OTHER_EDITORS[editorType] ?? NO_DESIGN_FILE);
    return;
  }
  const send = (message: MainToUi) => surface.ui.postMessage(message);
  const handlers = messageHandlers(surface, send);

  /** A refusal of the canvas is told to the person, and the panel gets the answer that it waits for. */
  async function answered(message: UiToMain): Promise<void> {
    try {
      // The table has for each type the handler of its messages.
      const handle = handlers[message.type] as ((message: UiToMain) => unknown) | undefined;
      await handle?.(message);
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
