import type { Change } from '../document/history.ts';
import type { Box } from '../document/transform.ts';
import type { ExportRequest, ViewState, WindowOptions } from './sandbox-link.ts';

/** @internal */
export interface Notification {
  readonly text: string;
  readonly error: boolean;
  readonly timeoutMs: number;
  readonly button?: string;
}

/**
 * The surroundings of the API implementation: the page in the studio, a recording in the tests. Everything
 * the plugin sees is checked before it comes here.
 */
export interface SandboxHost {
  changed(changes: readonly Change[]): void;
  selected(ids: readonly string[]): void;
  commitUndo(): void;
  triggerUndo(): void;
  /** The SHA-1 of these bytes, where it is known without working it out. */
  pictureName(bytes: Uint8Array): string | undefined;
  /** Takes the bytes over: they are the caller's no longer. */
  addPicture(hash: string, bytes: Uint8Array<ArrayBuffer>): void;
  picture(hash: string): Promise<Uint8Array | undefined>;
  export(nodeId: string, request: ExportRequest): Promise<Uint8Array>;
  view(): ViewState;
  lookAt(bounds: Box, zoom?: number): void;
  showUi(options: WindowOptions): void;
  changeWindow(options: Partial<WindowOptions>): void;
  postToUi(message: unknown): void;
  notify(id: number, notification: Notification): void;
  cancelNotification(id: number): void;
  closed(message: string | undefined): void;
  readonly storage: StoredValues;
}

export interface StoredValues {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  all(): Promise<Readonly<Record<string, unknown>>>;
}
