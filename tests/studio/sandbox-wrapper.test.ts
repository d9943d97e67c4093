import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { pluginPolicy } from '../../plugin/studio/build/content-policy.ts';
import { panelPage, wrappedMain } from '../../plugin/studio/build.ts';

/** Runs a bundle as the sandbox's worker does, in a scope that has what workers have. */
function run(bundle: string): unknown[] {
  const told: unknown[] = [];
  const scope = createContext({ fetch: () => {}, TextEncoder, WebSocket: class {}, crypto, indexedDB: {} });
  runInContext(`var self = globalThis; ${wrappedMain(bundle)}`, scope);
  (scope.runPluginMain as (figma: unknown, html: string) => void)(
    { tell: (value: unknown) => told.push(value) },
    '<p>',
  );
  return told;
}

describe('the plugin’s main bundle', () => {
  it.each([
    ...['document', 'window', 'self', 'navigator', 'localStorage', 'fetch', 'WebSocket', 'XMLHttpRequest'],
    ...[
      'TextEncoder',
      'URL',
      'Blob',
      'crypto',
      'atob',
      'structuredClone',
      'indexedDB',
      'importScripts',
      'postMessage',
    ],
  ])('finds no %s', (name) => {
    expect(run(`figma.tell(typeof ${name})`)).toEqual(['undefined']);
  });

  it('finds no way around the names', () => {
    expect(run('figma.tell(typeof globalThis.fetch); figma.tell((function () { return this })())')).toEqual([
      'undefined',
      undefined,
    ]);
  });

  it('finds figma, __html__, timers and the language', () => {
    expect(run('figma.tell([__html__, typeof Promise, typeof Map, typeof Uint8Array, typeof JSON])')).toEqual(
      [['<p>', 'function', 'function', 'function', 'object']],
    );
  });
});

describe('the plugin’s page', () => {
  const access = { allowedDomains: ['http://localhost:17653', 'ws://localhost:17653'] };

  it('reaches the manifest’s domains, the companion that serves it, and nothing else', () => {
    expect(pluginPolicy(access)).toContain(
      "connect-src data: blob: 'self' http://localhost:17653 ws://localhost:17653;",
    );
    expect(pluginPolicy({ allowedDomains: ['none'] })).toContain("connect-src data: blob: 'self' ;");
    expect(pluginPolicy(access)).toMatch(/^default-src 'none';/);
  });

  it('has policy and theme before anything of its own', () => {
    const page = panelPage('<html><head><script>own()</script></head></html>', access);
    expect(page.indexOf('Content-Security-Policy')).toBeLessThan(page.indexOf('figma-dark'));
    expect(page.indexOf('figma-dark')).toBeLessThan(page.indexOf('own()'));
  });

  it('without a head is a bug that the build names', () => {
    expect(() => panelPage('<p>', access)).toThrow('no <head>');
  });
});
