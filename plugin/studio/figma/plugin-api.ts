import type { FigmaSurface } from '../../main/figma-surface.ts';
import { DOCUMENT_ID, type Lettering, PAGE_ID } from '../document/node-record.ts';
import { ClientStorage } from './client-storage.ts';
import { NOTIFICATION_DEFAULT_MS, NOTIFICATION_MAX_CHARACTERS } from './limits.ts';
import { Listeners } from './listeners.ts';
import { refusal } from './node-checks.ts';
import type { PageHandle } from './page-handle.ts';
import { createPicture } from './picture-handle.ts';
import type { SandboxDocument } from './sandbox-document.ts';
import type { WindowOptions } from './sandbox-link.ts';
import type { TextHandle } from './text-handle.ts';
import { UiChannel } from './ui-channel.ts';
import { Viewport } from './viewport.ts';

type PluginEvent = 'selectionchange' | 'currentpagechange' | 'close' | 'run';
type NotificationEnd = 'timeout' | 'dismiss' | 'action_button_click';

interface NotificationOptions {
  readonly error?: boolean;
  readonly timeout?: number;
  readonly button?: { readonly text: string; readonly action: () => boolean | undefined };
  readonly onDequeue?: (reason: NotificationEnd) => void;
}

/** The `figma` global, and the events that its surroundings bring it. */
export interface PluginApi {
  readonly figma: ReturnType<typeof figmaGlobal>;
  readonly events: Listeners<PluginEvent>;
  readonly ui: UiChannel;
  endNotification(id: number, reason: NotificationEnd): void;
}

export function pluginApi(
  document: SandboxDocument,
  run: { command: string; pluginName: string },
): PluginApi {
  const events = new Listeners<PluginEvent>('figma.on', [
    'selectionchange',
    'currentpagechange',
    'close',
    'run',
  ]);
  const ui = new UiChannel(document);
  const notifications = new Map<number, NotificationOptions>();
  const figma = figmaGlobal(document, { ...run, events, ui, notifications });
  // The plugin's own list of what it uses; a mismatch is a compile error here.
  figma satisfies FigmaSurface;
  Object.preventExtensions(figma);
  return {
    figma,
    events,
    ui,
    endNotification(id, reason) {
      const options = notifications.get(id);
      notifications.delete(id);
      if (reason === 'action_button_click') options?.button?.action();
      options?.onDequeue?.(reason);
    },
  };
}

interface Parts {
  readonly command: string;
  readonly pluginName: string;
  readonly events: Listeners<PluginEvent>;
  readonly ui: UiChannel;
  readonly notifications: Map<number, NotificationOptions>;
}

/** A getter that plugins with `documentAccess: dynamic-page` may not use, and what to use instead. */
function asyncOnly(call: string): () => never {
  return () => {
    throw refusal(call, `Cannot call with documentAccess: dynamic-page. Use figma.${call}Async instead.`);
  };
}

function figmaGlobal(document: SandboxDocument, { command, pluginName, events, ui, notifications }: Parts) {
  const { host } = document;
  return {
    apiVersion: '1.0.0' as const,
    editorType: 'figma' as const,
    mode: 'default' as const,
    pluginId: document.pluginId,
    command,
    mixed: Symbol('figma.mixed'),
    ui,
    viewport: new Viewport(document),
    clientStorage: new ClientStorage(host.storage),

    get root() {
      document.mustBeOpen();
      return document.handle(DOCUMENT_ID)!;
    },
    get currentPage(): PageHandle {
      document.mustBeOpen();
      return document.handle(PAGE_ID) as PageHandle;
    },
    set currentPage(_page: PageHandle) {
      throw refusal(
        'set_currentPage',
        'Cannot call with documentAccess: dynamic-page. Use figma.setCurrentPageAsync instead.',
      );
    },
    async setCurrentPageAsync(page: PageHandle) {
      if (page?.id !== PAGE_ID) throw refusal('setCurrentPageAsync', 'expected a page of this document');
    },
    async loadAllPagesAsync() {
      document.mustBeOpen();
    },

    showUI(_html: string, options: Partial<WindowOptions> & { themeColors?: boolean } = {}) {
      ui.open(options, pluginName);
    },
    closePlugin(message?: string) {
      document.mustBeOpen();
      events.emit('close');
      document.close();
      host.closed(message);
    },

    ...listening(events),

    async getNodeByIdAsync(id: string) {
      document.mustBeOpen();
      return document.handle(id) ?? null;
    },
    getNodeById: asyncOnly('getNodeById'),
    getStyleById: asyncOnly('getStyleById'),

    ...creating(document),

    commitUndo() {
      document.mustBeOpen();
      host.commitUndo();
    },
    triggerUndo() {
      document.mustBeOpen();
      host.triggerUndo();
    },

    notify: notifying(document, notifications),
  };
}

/** Methods that make nodes, and what nodes are made of. */
function creating(document: SandboxDocument) {
  return {
    createRectangle: () => document.create('RECTANGLE'),
    createFrame: () => document.create('FRAME'),
    createText: () => document.create('TEXT') as TextHandle,
    /** Every font is drawn in the studio's own. */
    async loadFontAsync(_font: Lettering['fontName']) {
      document.mustBeOpen();
    },
    createImage(data: Uint8Array) {
      document.mustBeOpen();
      return createPicture(document.host, data);
    },
  };
}

/** Methods by which a plugin hears of events. */
function listening(events: Listeners<PluginEvent>) {
  type Callback = (...values: never[]) => void;
  return {
    on: (type: PluginEvent, callback: Callback) => events.add(type, callback as () => void, false),
    once: (type: PluginEvent, callback: Callback) => events.add(type, callback as () => void, true),
    off: (type: PluginEvent, callback: Callback) => events.remove(type, callback as () => void),
  };
}

/** Messages at the edge of the canvas, numbered, so that their ends find their options. */
function notifying(document: SandboxDocument, notifications: Map<number, NotificationOptions>) {
  const { host } = document;
  let notified = 0;
  return (message: string, options: NotificationOptions = {}) => {
    document.mustBeOpen();
    const id = ++notified;
    notifications.set(id, options);
    const long = message.length > NOTIFICATION_MAX_CHARACTERS;
    host.notify(id, {
      text: long ? `${message.slice(0, NOTIFICATION_MAX_CHARACTERS - 1)}…` : message,
      error: options.error ?? false,
      timeoutMs: options.timeout ?? NOTIFICATION_DEFAULT_MS,
      ...(options.button && { button: options.button.text }),
    });
    return { cancel: () => host.cancelNotification(id) };
  };
}
