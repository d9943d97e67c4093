/**
 * The worker that runs the plugin's main bundle. A worker has no DOM, as Figma's sandbox has none; what else it has and
 * Figma's sandbox has not is shadowed around the bundle (studio/build.ts).
 */

import { PageConnection } from './page-connection.ts';
import { type PluginApi, pluginApi } from './plugin-api.ts';
import { SandboxDocument } from './sandbox-document.ts';
import type { FromSandbox, SandboxStart, ToSandbox } from './sandbox-link.ts';

interface SandboxScope {
  onmessage: ((event: MessageEvent<ToSandbox>) => void) | null;
  postMessage(message: FromSandbox, transfer?: readonly ArrayBuffer[]): void;
  /** The plugin's main bundle; the build puts it before this file (studio/build.ts). */
  readonly runPluginMain: (figma: unknown, html: string) => void;
  addEventListener(type: 'error' | 'unhandledrejection', listener: (event: Event) => void): void;
}

const scope = self as unknown as SandboxScope;

/** Shorter blocks are not worth a message. */
const BLOCK_WORTH_TELLING_MS = 8;

interface Run {
  readonly page: PageConnection;
  readonly document: SandboxDocument;
  readonly api: PluginApi;
  /** The UI's messages so far: they are given to the plugin in the order in which they came. */
  uiMessages: Promise<void>;
}

let run: Run | undefined;

/** Times one event of the plugin: Figma would stand still for as long. */
function timed(event: string, work: () => void): void {
  const start = performance.now();
  try {
    work();
  } finally {
    const durationMs = performance.now() - start;
    if (durationMs > BLOCK_WORTH_TELLING_MS) scope.postMessage({ type: 'blocked', event, durationMs });
  }
}

function start(message: SandboxStart): void {
  const page = new PageConnection((...out) => scope.postMessage(...out), message.view);
  const document = new SandboxDocument(message.nodes, { ...message, host: page });
  const api = pluginApi(document, message);
  run = { page, document, api, uiMessages: Promise.resolve() };
  timed('start', () => scope.runPluginMain(api.figma, message.html));
  timed('run', () => api.events.emit('run', { command: message.command, parameters: undefined }));
}

function receiveFromUi(run: Run, message: unknown): void {
  run.uiMessages = run.uiMessages
    .then(() => run.page.prepare(message))
    .then(() => timed('message', () => run.api.ui.receive(message)))
    .catch(failed);
}

function receive(run: Run, message: Exclude<ToSandbox, SandboxStart>): void {
  const { page, document, api } = run;
  switch (message.type) {
    case 'changes':
      document.receive(message.changes);
      break;
    case 'selection':
      document.receiveSelection(message.ids);
      timed('selectionchange', () => api.events.emit('selectionchange'));
      break;
    case 'ui-message':
      receiveFromUi(run, message.message);
      break;
    case 'notification-end':
      api.endNotification(message.id, message.reason);
      break;
    default:
      page.receive(message);
  }
}

scope.onmessage = ({ data }) => {
  if (data.type === 'start') start(data);
  else if (run) receive(run, data);
};

function failed(cause: unknown): void {
  scope.postMessage({
    type: 'failed',
    reason: cause instanceof Error ? (cause.stack ?? cause.message) : String(cause),
  });
}

scope.addEventListener('error', (event) => failed((event as ErrorEvent).error));
scope.addEventListener('unhandledrejection', (event) => failed((event as PromiseRejectionEvent).reason));
