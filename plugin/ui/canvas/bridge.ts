import type { MainToUi, UiToMain } from '../../messages.ts';

type Listener = (message: MainToUi) => void;

/** The UI's end of the channel to the main thread. Figma wraps every message in `pluginMessage`. */
export class CanvasBridge {
  readonly #listeners = new Set<Listener>();

  constructor() {
    window.addEventListener('message', (event: MessageEvent<{ pluginMessage?: MainToUi } | null>) => {
      // Other frames may post here; only the page that holds this one speaks for the canvas.
      if (event.source !== window.parent) return;
      const message = event.data?.pluginMessage;
      if (message === undefined) return;
      for (const listener of this.#listeners) listener(message);
    });
  }

  listen(listener: Listener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  send(message: UiToMain): void {
    // The page around may be Figma's or the studio's; nothing here is a secret to either.
    const isPicture =
      message.type === 'picture' ||
      message.type === 'place-cut-out' ||
      message.type === 'use-fill' ||
      message.type === 'table-picture';
    const transfer = isPicture ? [message.bytes.buffer] : [];
    window.parent.postMessage({ pluginMessage: message }, '*', transfer);
  }
}
