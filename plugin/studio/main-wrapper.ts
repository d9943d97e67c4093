/**
 * Wraps the plugin's main bundle at build time, so that it sees what Figma's sandbox has and nothing more: JavaScript
 * itself, `figma`, `__html__`, `console` and timers. Everything else a worker offers is a parameter of the same name
 * that nobody fills in. (Figma's sandbox also has `fetch`; Likeness keeps networking in the UI, so it is not there.)
 */

const ABSENT = [
  ...['window', 'self', 'document', 'navigator', 'location', 'name', 'origin', 'parent', 'top', 'frames'],
  ...['addEventListener', 'removeEventListener', 'dispatchEvent', 'postMessage', 'onmessage', 'close'],
  ...[
    'fetch',
    'XMLHttpRequest',
    'WebSocket',
    'WebSocketStream',
    'EventSource',
    'WebTransport',
    'importScripts',
  ],
  ...['Headers', 'Request', 'Response', 'FormData', 'AbortController', 'AbortSignal'],
  ...['TextEncoder', 'TextDecoder', 'URL', 'URLSearchParams', 'Blob', 'File', 'FileReader', 'atob', 'btoa'],
  ...['ReadableStream', 'WritableStream', 'TransformStream', 'CompressionStream', 'DecompressionStream'],
  ...['crypto', 'performance', 'structuredClone', 'queueMicrotask', 'requestAnimationFrame', 'reportError'],
  ...['Event', 'EventTarget', 'CustomEvent', 'MessageChannel', 'MessagePort', 'BroadcastChannel', 'Worker'],
  ...['indexedDB', 'caches', 'localStorage', 'sessionStorage', 'cookieStore'],
  ...['OffscreenCanvas', 'ImageData', 'ImageBitmap', 'createImageBitmap', 'Image', 'HTMLElement', 'Node'],
];

export function wrappedMain(bundle: string): string {
  const parameters = ['figma', '__html__', ...ABSENT, 'globalThis'];
  // Strict, so that `this` is no way back to the worker; globalThis is an empty object of its own.
  return `self.runPluginMain = function (figma, __html__) {
  (function (${parameters.join(', ')}) {
'use strict';
${bundle}
  }).call(undefined, figma, __html__, ${ABSENT.map(() => 'undefined').join(', ')}, {});
};
`;
}
