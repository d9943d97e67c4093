/** Messages between the page and the sandbox that runs the plugin's main thread. */

import type { Change } from '../document/history.ts';
import type { NodeRecord } from '../document/node-record.ts';
import type { Box } from '../document/transform.ts';

export interface ViewState {
  /** The visible part of the canvas, in canvas pixels. */
  readonly bounds: Box;
  readonly zoom: number;
}

export interface ExportRequest {
  readonly format: 'PNG' | 'JPG';
  readonly constraint: { readonly type: 'SCALE' | 'WIDTH' | 'HEIGHT'; readonly value: number };
}

export interface WindowOptions {
  readonly visible: boolean;
  readonly title: string;
  readonly width: number;
  readonly height: number;
}

export interface SandboxStart {
  readonly type: 'start';
  readonly nodes: readonly NodeRecord[];
  readonly selection: readonly string[];
  readonly view: ViewState;
  readonly pluginId: string;
  readonly pluginName: string;
  readonly command: string;
  /** The plugin's page, as `__html__`. */
  readonly html: string;
  /** Ids of nodes that this run creates begin with it; no other run has it. */
  readonly session: number;
}

/** Questions of the sandbox that it waits to have answered. */
export type Question =
  | { readonly ask: 'export'; readonly nodeId: string; readonly request: ExportRequest }
  | { readonly ask: 'picture'; readonly hash: string }
  | { readonly ask: 'storage-get'; readonly key: string }
  | { readonly ask: 'storage-set'; readonly key: string; readonly value: unknown }
  | { readonly ask: 'storage-delete'; readonly key: string }
  | { readonly ask: 'storage-all' };

export type ToSandbox =
  | SandboxStart
  | { readonly type: 'changes'; readonly changes: readonly Change[] }
  | { readonly type: 'selection'; readonly ids: readonly string[] }
  | { readonly type: 'view'; readonly view: ViewState }
  | { readonly type: 'ui-message'; readonly message: unknown }
  | {
      readonly type: 'notification-end';
      readonly id: number;
      readonly reason: 'timeout' | 'dismiss' | 'action_button_click';
    }
  | { readonly type: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly type: 'refused'; readonly id: number; readonly reason: string };

export type FromSandbox =
  | { readonly type: 'changes'; readonly changes: readonly Change[] }
  | { readonly type: 'selection'; readonly ids: readonly string[] }
  | { readonly type: 'commit-undo' }
  | { readonly type: 'trigger-undo' }
  | { readonly type: 'picture'; readonly hash: string; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'show-ui'; readonly options: WindowOptions }
  | { readonly type: 'window'; readonly options: Partial<WindowOptions> }
  | { readonly type: 'ui-message'; readonly message: unknown }
  | { readonly type: 'look-at'; readonly bounds: Box; readonly zoom?: number }
  | {
      readonly type: 'notify';
      readonly id: number;
      readonly text: string;
      readonly error: boolean;
      readonly timeoutMs: number;
      readonly button?: string;
    }
  | { readonly type: 'notify-cancel'; readonly id: number }
  | { readonly type: 'close'; readonly message?: string }
  /** One event blocked the plugin's main thread, which is Figma's own, for longer than is worth a message. */
  | { readonly type: 'blocked'; readonly event: string; readonly durationMs: number }
  | { readonly type: 'failed'; readonly reason: string }
  | ({ readonly type: 'question'; readonly id: number } & Question);
