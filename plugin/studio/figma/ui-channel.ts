import { WINDOW_DEFAULT, WINDOW_MIN } from './limits.ts';
import { Listeners } from './listeners.ts';
import { cloned } from './message-clone.ts';
import { refusal } from './node-checks.ts';
import type { SandboxDocument } from './sandbox-document.ts';
import type { WindowOptions } from './sandbox-link.ts';

export type MessageCallback = (message: unknown, properties: { readonly origin: string }) => void;

/** `figma.ui`. */
export class UiChannel {
  readonly #document: SandboxDocument;
  readonly #listeners = new Listeners('figma.ui.on', ['message']);
  #shown = false;
  onmessage: MessageCallback | undefined = undefined;

  constructor(document: SandboxDocument) {
    this.#document = document;
  }

  /** `figma.showUI`. */
  open(options: Partial<WindowOptions>, pluginName: string): void {
    this.#document.mustBeOpen();
    this.#shown = true;
    this.#document.host.showUi({
      visible: options.visible ?? true,
      title: options.title ?? pluginName,
      ...windowSize(options.width ?? WINDOW_DEFAULT.width, options.height ?? WINDOW_DEFAULT.height),
    });
  }

  show(): void {
    this.#mustBeShown('ui.show');
    this.#document.host.changeWindow({ visible: true });
  }

  hide(): void {
    this.#mustBeShown('ui.hide');
    this.#document.host.changeWindow({ visible: false });
  }

  resize(width: number, height: number): void {
    this.#mustBeShown('ui.resize');
    this.#document.host.changeWindow(windowSize(width, height));
  }

  close(): void {
    this.#mustBeShown('ui.close');
    this.#shown = false;
    this.#document.host.changeWindow({ visible: false });
  }

  postMessage(message: unknown): void {
    this.#mustBeShown('ui.postMessage');
    this.#document.host.postToUi(cloned(message, 'ui.postMessage'));
  }

  on(type: 'message', callback: MessageCallback): void {
    this.#listeners.add(type, callback as () => void, false);
  }
  once(type: 'message', callback: MessageCallback): void {
    this.#listeners.add(type, callback as () => void, true);
  }
  off(type: 'message', callback: MessageCallback): void {
    this.#listeners.remove(type, callback as () => void);
  }

  /** A message of the UI has come. */
  receive(message: unknown): void {
    const copy = cloned(message, 'parent.postMessage');
    const properties = { origin: 'null' };
    this.onmessage?.(copy, properties);
    this.#listeners.emit('message', copy, properties);
  }

  #mustBeShown(call: string): void {
    this.#document.mustBeOpen();
    if (!this.#shown) throw refusal(call, 'No UI to send a message to: showUI was not called');
  }
}

function windowSize(width: number, height: number): { width: number; height: number } {
  return { width: Math.max(WINDOW_MIN.width, width), height: Math.max(WINDOW_MIN.height, height) };
}
