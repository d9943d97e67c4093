/**
 * Messages between the two halves of the plugin. The main thread knows the canvas, the UI knows the companion;
 * neither can do the other's work. Pictures travel one a message, because handling a message blocks Figma's own
 * thread.
 *
 * Records are JSON text here: other people's plugins and collaborators can write plugin data, so the UI, which has
 * the schemas, parses them.
 */

import type { Affine } from '../shared/affine.ts';
import type { ExportFault, FillObstacle, FillPlan, FillTarget, SelectedArea } from './layout-messages.ts';
import type { ProductToMain, ProductToUi } from './product-messages.ts';
import type { TableMessage } from './table-messages.ts';

export interface SelectedFrame {
  readonly nodeId: string;
  readonly name: string;
  /** Canvas pixels, as it lies on the canvas: turned, where it is. */
  readonly width: number;
  readonly height: number;
  /** A picture that Likeness made. */
  readonly isVariant: boolean;
}

/** A row of placeholders that comes when its job starts, a layer that is filled when it has ended, or a scene. */
export interface WaitingRow {
  readonly jobId: string;
  readonly names: readonly string[];
  /** Canvas pixels. */
  readonly width: number;
  readonly height: number;
  readonly fill?: FillPlan;
  /** Nothing of it is a row: its first scene goes under the cut-out that the job's placement names. */
  readonly isScene?: true;
}

export interface FailedExport {
  readonly nodeId: string;
  /** The layer's name; empty for one that is gone. */
  readonly name: string;
  readonly fault: ExportFault;
}

/** The start of a plugin run: from the menu, or from a button on a variant. */
export type LaunchCommand = 'open' | 'more' | 'reprompt';

type PictureStage = 'preview' | 'final';

export type UiToMain =
  /** The UI listens now. */
  | { readonly type: 'ready' }
  /** Keeps the pairings with companions for this user, outside the document, as text. */
  | { readonly type: 'store-pairing'; readonly pairing: string }
  /** Keeps the draft of the next pictures for this user, as JSON. */
  | { readonly type: 'store-draft'; readonly draft: string }
  /** Asks for one `exported` a frame, then `export-done` with those that have none. */
  | {
      readonly type: 'export';
      readonly exportId: string;
      readonly nodeIds: readonly string[];
      /** Image pixels. */
      readonly longestSide: number;
    }
  /** Remembers the row of a job that may still wait when the plugin is closed, or no longer does. */
  | ({ readonly type: 'keep-row' } & WaitingRow)
  | { readonly type: 'forget-row'; readonly jobId: string }
  /** Puts a row of placeholders beside the selection, or gathers pictures for the layer that they fill. */
  | ({ readonly type: 'open-batch' } & WaitingRow)
  /** Looks for placeholders of a job that an earlier run of the plugin opened. */
  | { readonly type: 'find-batch'; readonly jobId: string }
  | {
      readonly type: 'picture';
      readonly jobId: string;
      readonly index: number;
      readonly kind: PictureStage;
      readonly bytes: Uint8Array<ArrayBuffer>;
      /** For finals: how the picture was made. */
      readonly record: string | null;
    }
  /** Removes placeholders that got no final picture, or fills the layer, and makes the batch one step of undo. */
  | { readonly type: 'close-batch'; readonly jobId: string }
  /** Puts a frame's cut-out beside it; the last one of several makes them one step of undo, and selects them. */
  | {
      readonly type: 'place-cut-out';
      readonly nodeId: string;
      readonly name: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly isLast: boolean;
    }
  | TableMessage
  /** Lays a mask over a variant, as a layer of its own. The last one makes them one step of undo. */
  | {
      readonly type: 'mask';
      readonly jobId: string;
      readonly index: number;
      readonly concept: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
      readonly isLast: boolean;
    }
  /** Tells what is selected once more: the canvas says nothing of an undo. */
  | { readonly type: 'read-layout' }
  /** Asks for the layout around a layer as one picture, `layout-exported`. */
  | {
      readonly type: 'export-layout';
      readonly exportId: string;
      readonly nodeId: string;
      /** Image pixels that the layer's longer side is to have at least. */
      readonly side: number;
    }
  /** Fills a layer with one more picture, in one step of undo. */
  | {
      readonly type: 'use-fill';
      readonly nodeId: string;
      readonly jobId: string;
      readonly index: number;
      readonly seed: number;
      readonly place: Affine | null;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  /** Shows another one of a filled layer's pictures, in one step of undo. */
  | {
      readonly type: 'choose-fill';
      readonly nodeId: string;
      readonly jobId: string;
      readonly index: number;
    }
  /** Selects the pictures of a job, or the one of this number, and shows them. */
  | { readonly type: 'reveal'; readonly jobId: string; readonly index: number | null }
  | { readonly type: 'notify'; readonly text: string; readonly error: boolean }
  | ProductToMain;

export type MainToUi =
  | ProductToUi
  | {
      readonly type: 'hello';
      readonly command: LaunchCommand;
      /** As an earlier run stored it. */
      readonly pairing: string | null;
      /** As an earlier run stored it. */
      readonly draft: string | null;
      /** Jobs whose placeholders an earlier run of the plugin left on this page. */
      readonly openBatches: readonly string[];
      /** Rows for this page of jobs that had not started when an earlier run was closed. */
      readonly waitingRows: readonly WaitingRow[];
    }
  /** The selection changed; thumbnails follow. `record` is set when exactly one variant is selected. */
  | {
      readonly type: 'selection';
      readonly frames: readonly SelectedFrame[];
      readonly record: string | null;
    }
  /** Follows the selection: the layer that can be filled, and where the selected layers lie. */
  | {
      readonly type: 'layout';
      readonly target: FillTarget | null;
      readonly area: SelectedArea | null;
      /** Reason why nothing can be filled although layers are selected; the name is empty for several. */
      readonly obstacle?: { readonly name: string; readonly why: FillObstacle };
      /** The layer in which a scene around the selected one would lie; canvas pixels. */
      readonly sceneIn?: { readonly name: string; readonly width: number; readonly height: number };
      /** Mark of the page; empty where it has none. */
      readonly canvas: string;
    }
  | {
      readonly type: 'layout-exported';
      readonly exportId: string;
      readonly result:
        | {
            readonly bytes: Uint8Array;
            readonly place: Affine;
            /** From pictures of the layout to this one, which has the layout turned as it lies, and its shadows. */
            readonly layout: Affine;
            /** Mark of its page. */
            readonly canvas: string;
          }
        | { readonly fault: ExportFault; readonly name: string };
    }
  /** null where it cannot be exported. */
  | { readonly type: 'thumbnail'; readonly nodeId: string; readonly bytes: Uint8Array | null }
  | {
      readonly type: 'exported';
      readonly exportId: string;
      readonly nodeId: string;
      readonly name: string;
      readonly bytes: Uint8Array;
    }
  | { readonly type: 'export-done'; readonly exportId: string; readonly failed: readonly FailedExport[] }
  /** The number of placeholders there are now; 0 when a search found none. */
  | { readonly type: 'batch'; readonly jobId: string; readonly placeholders: number }
  /** The next picture may be sent. `gone`: the designer deleted the placeholder. */
  | {
      readonly type: 'picture-done';
      readonly jobId: string;
      readonly index: number;
      readonly kind: PictureStage;
      readonly outcome: 'placed' | 'gone' | 'refused';
    };
