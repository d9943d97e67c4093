import { signal } from '@preact/signals';
import type { Camera } from '../canvas/camera.ts';
import { exportNode } from '../canvas/node-export.ts';
import type { Workspace } from '../document/workspace.ts';
import { byteArraysOf } from '../figma/received-bytes.ts';
import type { FromSandbox, Question, ToSandbox, WindowOptions } from '../figma/sandbox-link.ts';
import type { Database } from '../store/database.ts';
import type { PictureStore } from '../store/picture-store.ts';
import type { Notices } from './notices.ts';

export interface PluginIdentity {
  readonly id: string;
  readonly name: string;
}

interface RunOptions {
  readonly workspace: Workspace;
  readonly camera: Camera;
  readonly pictures: PictureStore;
  readonly database: Database;
  readonly notices: Notices;
  readonly plugin: PluginIdentity;
  readonly session: number;
  readonly html: string;
}

/** The event that blocked the plugin's main thread longest, and for how long. */
export interface LongestBlock {
  readonly event: string;
  readonly durationMs: number;
}

/** One run of the plugin, from start to close: its main thread in a worker, its UI in an iframe. */
export class PluginRun {
  /** Undefined until the plugin calls `showUI`, and once it is closed. */
  readonly window = signal<WindowOptions | undefined>(undefined);
  readonly running = signal(true);
  readonly longestBlock = signal<LongestBlock>({ event: '', durationMs: 0 });
  readonly #options: RunOptions;
  readonly #worker: Worker;
  readonly #end = new AbortController();
  readonly #notices = new Map<number, number>();
  #frame: Window | undefined;
  /** Messages to a UI that has not loaded yet; Figma keeps them too. */
  #unsent: unknown[] = [];

  constructor(options: RunOptions, command: string) {
    this.#options = options;
    this.#worker = new Worker('/studio/sandbox.js', { name: 'plugin main thread' });
    this.#worker.onmessage = ({ data }: MessageEvent<FromSandbox>) => this.#receive(data);
    this.#worker.onerror = (event) => this.#failed(event.message);
    // Leaving the page cuts off what the worker is loading: that is no bug of the plugin's.
    const leaving = ({ persisted }: PageTransitionEvent) => {
      if (!persisted) this.#worker.onerror = null;
    };
    addEventListener('pagehide', leaving, { signal: this.#end.signal });
    const { workspace, camera, plugin, session, html } = options;
    this.#send({
      type: 'start',
      nodes: workspace.scene.all(),
      selection: workspace.selection.peek(),
      view: { bounds: camera.bounds, zoom: camera.state.peek().zoom },
      pluginId: plugin.id,
      pluginName: plugin.name,
      command,
      html,
      session,
    });
  }

  #send(message: ToSandbox, transfer: readonly Uint8Array<ArrayBuffer>[] = []): void {
    const buffers = transfer.map(({ buffer }) => buffer);
    this.#worker.postMessage(message, buffers);
  }

  /** The document, selection or view changed by someone else than this plugin. */
  update(message: Extract<ToSandbox, { type: 'changes' | 'selection' | 'view' }>): void {
    if (this.running.peek()) this.#send(message);
  }

  /** The plugin's page has loaded in this window. */
  frameLoaded(frame: Window): void {
    this.#frame = frame;
    for (const message of this.#unsent) this.#post(message);
    this.#unsent = [];
  }

  /** A message from any window; the plugin's own are taken. */
  receiveFromFrame(event: MessageEvent, frame: Window | null): void {
    if (event.source !== frame || frame === null) return;
    const data: unknown = event.data;
    if (typeof data !== 'object' || data === null || !('pluginMessage' in data)) return;
    // Handed on, not copied: pictures of megabytes would soon call for the garbage collector, in the midst of drawing.
    this.#send({ type: 'ui-message', message: data.pluginMessage }, byteArraysOf(data.pluginMessage));
  }

  #post(pluginMessage: unknown): void {
    // A sandboxed frame has no origin that could be named.
    this.#frame?.postMessage({ pluginMessage, pluginId: this.#options.plugin.id }, '*');
  }

  stop(): void {
    this.running.value = false;
    this.window.value = undefined;
    // Its last messages are of a run that nobody sees any more, and so are errors about files that it was loading.
    this.#worker.onmessage = null;
    this.#worker.onerror = null;
    this.#worker.terminate();
    this.#end.abort();
    for (const id of this.#notices.values()) this.#options.notices.end(id, 'dismiss');
  }

  #receive(message: FromSandbox): void {
    const { workspace, camera, pictures, notices } = this.#options;
    switch (message.type) {
      case 'changes':
        workspace.receiveFromPlugin(message.changes);
        break;
      case 'selection':
        workspace.selection.value = message.ids;
        break;
      case 'commit-undo':
        workspace.commitUndo();
        break;
      case 'trigger-undo':
        workspace.undo();
        break;
      case 'picture':
        pictures.add(message.hash, message.bytes);
        break;
      case 'show-ui':
        this.window.value = message.options;
        break;
      case 'window':
        if (this.window.value) this.window.value = { ...this.window.value, ...message.options };
        break;
      case 'ui-message':
        if (this.#frame) this.#post(message.message);
        else this.#unsent.push(message.message);
        break;
      case 'look-at':
        camera.lookAt(message.bounds, message.zoom);
        break;
      case 'notify':
        this.#notify(message);
        break;
      case 'notify-cancel':
        notices.end(this.#notices.get(message.id) ?? 0, 'dismiss');
        break;
      case 'close':
        if (message.message) notices.show(message.message);
        this.stop();
        break;
      case 'blocked':
        if (message.durationMs > this.longestBlock.value.durationMs) this.longestBlock.value = message;
        break;
      case 'failed':
        this.#failed(message.reason);
        break;
      case 'question':
        this.#answer(message);
    }
  }

  #notify({ id, text, error, timeoutMs, button }: Extract<FromSandbox, { type: 'notify' }>): void {
    const shown = this.#options.notices.show(text, {
      error,
      timeoutMs,
      ...(button && { button }),
      ended: (reason) => {
        this.#notices.delete(id);
        if (this.running.peek()) this.#send({ type: 'notification-end', id, reason });
      },
    });
    this.#notices.set(id, shown);
  }

  async #answer({ id, ...question }: Question & { readonly id: number }): Promise<void> {
    try {
      this.#send({ type: 'answer', id, value: await this.#lookUp(question) });
    } catch (cause) {
      this.#send({ type: 'refused', id, reason: cause instanceof Error ? cause.message : String(cause) });
    }
  }

  async #lookUp(question: Question): Promise<unknown> {
    const { workspace, pictures, database, plugin } = this.#options;
    const store = 'client-storage';
    const prefix = `${plugin.id}/`;
    switch (question.ask) {
      case 'export':
        return exportNode(workspace.scene, question.nodeId, question.request, pictures);
      case 'picture':
        return pictures.bytes(question.hash);
      case 'storage-get':
        return database.get(store, prefix + question.key);
      case 'storage-set':
        return database.put(store, prefix + question.key, question.value);
      case 'storage-delete':
        return database.delete(store, prefix + question.key);
      case 'storage-all': {
        const keys = (await database.keys(store)).filter((key) => key.startsWith(prefix));
        const values = await Promise.all(keys.map((key) => database.get(store, key)));
        return Object.fromEntries(keys.map((key, at) => [key.slice(prefix.length), values[at]]));
      }
    }
  }

  /** A bug in the plugin: for the console, as in Figma. What the person should know, the plugin says itself. */
  #failed(reason: string): void {
    console.error(`plugin main thread: ${reason}`);
  }
}
