import type { Change } from '../../plugin/studio/document/history.ts';
import { emptyDocument } from '../../plugin/studio/document/node-record.ts';
import { type PluginApi, pluginApi } from '../../plugin/studio/figma/plugin-api.ts';
import { ReceivedBytes } from '../../plugin/studio/figma/received-bytes.ts';
import { SandboxDocument } from '../../plugin/studio/figma/sandbox-document.ts';
import type { Notification, SandboxHost } from '../../plugin/studio/figma/sandbox-host.ts';
import type { ExportRequest, WindowOptions } from '../../plugin/studio/figma/sandbox-link.ts';

/** A host that writes down what reaches it. */
class RecordingHost implements SandboxHost {
  readonly changes: Change[] = [];
  readonly commits: number[] = [];
  readonly posted: unknown[] = [];
  readonly exports: ExportRequest[] = [];
  readonly notifications: Notification[] = [];
  readonly windows: Partial<WindowOptions>[] = [];
  readonly looks: unknown[] = [];
  readonly pictures = new Map<string, Uint8Array>();
  readonly received = new ReceivedBytes();
  readonly stored = new Map<string, unknown>();
  closedWith: string | undefined;

  changed(changes: readonly Change[]) {
    this.changes.push(...changes);
  }
  selected() {}
  commitUndo() {
    this.commits.push(this.changes.length);
  }
  triggerUndo() {}
  pictureName(bytes: Uint8Array) {
    return this.received.nameOf(bytes);
  }
  addPicture(hash: string, bytes: Uint8Array) {
    this.pictures.set(hash, bytes);
  }
  async picture(hash: string) {
    return this.pictures.get(hash);
  }
  async export(_nodeId: string, request: ExportRequest) {
    this.exports.push(request);
    return new Uint8Array([1]);
  }
  view() {
    return { bounds: { x: 0, y: 0, width: 800, height: 600 }, zoom: 1 };
  }
  lookAt(...look: unknown[]) {
    this.looks.push(look);
  }
  showUi(options: WindowOptions) {
    this.windows.push(options);
  }
  changeWindow(options: Partial<WindowOptions>) {
    this.windows.push(options);
  }
  postToUi(message: unknown) {
    this.posted.push(message);
  }
  notify(_id: number, notification: Notification) {
    this.notifications.push(notification);
  }
  cancelNotification() {}
  closed(message: string | undefined) {
    this.closedWith = message;
  }
  readonly storage = {
    get: async (key: string) => this.stored.get(key),
    set: async (key: string, value: unknown) => void this.stored.set(key, value),
    delete: async (key: string) => void this.stored.delete(key),
    all: async () => Object.fromEntries(this.stored),
  };
}

export interface Sandbox {
  readonly figma: PluginApi['figma'];
  readonly api: PluginApi;
  readonly document: SandboxDocument;
  readonly host: RecordingHost;
}

/** A plugin's `figma` on an empty document. */
export function openSandbox(): Sandbox {
  const host = new RecordingHost();
  const options = { host, selection: [], session: 7, pluginId: 'test-plugin' };
  const document = new SandboxDocument(emptyDocument('Test'), options);
  const api = pluginApi(document, { command: '', pluginName: 'Test' });
  return { figma: api.figma, api, document, host };
}

/** The first bytes of a PNG of this size; all that `createImage` looks at. */
export function pngHeader(width: number, height: number): Uint8Array {
  const bytes = new Uint8Array(33);
  bytes.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52]);
  const view = new DataView(bytes.buffer);
  view.setUint32(16, width);
  view.setUint32(20, height);
  return bytes;
}
