import { describe, expect, it } from 'vitest';
import { openSandbox } from './sandbox.ts';

const MEGABYTE = 1024 * 1024;

describe('plugin data', () => {
  it('holds 100 kB an entry, the key and the plugin id counted in', () => {
    const node = openSandbox().figma.createFrame();
    const room = 100 * 1024 - 'test-plugin'.length - 'key'.length;
    node.setPluginData('key', 'x'.repeat(room));
    expect(() => node.setPluginData('key', 'x'.repeat(room + 1))).toThrow('an entry holds 102400');
    expect(node.getPluginData('key')).toHaveLength(room);
  });

  it('counts bytes and not characters', () => {
    const node = openSandbox().figma.createFrame();
    expect(() => node.setPluginData('key', '€'.repeat(40_000))).toThrow('120014 bytes');
  });

  it('takes strings only, and loses an entry that is set to nothing', () => {
    const node = openSandbox().figma.createFrame();
    expect(() => node.setPluginData('key', { seed: 1 } as unknown as string)).toThrow('expected a string');
    node.setPluginData('key', 'value');
    node.setPluginData('key', '');
    expect(node.getPluginDataKeys()).toEqual([]);
  });

  it('that is shared needs a namespace of three characters', () => {
    const node = openSandbox().figma.createFrame();
    expect(() => node.setSharedPluginData('ab', 'key', 'value')).toThrow('namespace "ab"');
    node.setSharedPluginData('abc', 'key', 'value');
    expect(node.getSharedPluginData('abc', 'key')).toBe('value');
  });

  it('of relaunch buttons is replaced as a whole', () => {
    const node = openSandbox().figma.createFrame();
    node.setRelaunchData({ one: 'first' });
    node.setRelaunchData({ two: 'second' });
    expect(node.getRelaunchData()).toEqual({ two: 'second' });
  });
});

describe('client storage', () => {
  it('holds 5 MB in all, and keeps what was there when more is refused', async () => {
    const { clientStorage } = openSandbox().figma;
    await clientStorage.setAsync('a', new Uint8Array(4 * MEGABYTE));
    await expect(clientStorage.setAsync('b', new Uint8Array(2 * MEGABYTE))).rejects.toThrow(
      '5 MB is exceeded',
    );
    expect(await clientStorage.keysAsync()).toEqual(['a']);
    await clientStorage.setAsync('a', 'small');
    await clientStorage.setAsync('b', new Uint8Array(2 * MEGABYTE));
  });

  it('is not overfilled by two writes at once', async () => {
    const { clientStorage } = openSandbox().figma;
    const both = await Promise.allSettled(
      ['a', 'b'].map((key) => clientStorage.setAsync(key, new Uint8Array(3 * MEGABYTE))),
    );
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });

  it('keeps copies', async () => {
    const { clientStorage } = openSandbox().figma;
    const value = { token: 'a' };
    await clientStorage.setAsync('pairing', value);
    value.token = 'b';
    expect(await clientStorage.getAsync('pairing')).toEqual({ token: 'a' });
    expect(await clientStorage.getAsync('missing')).toBeUndefined();
  });

  it('rejects functions instead of throwing them', async () => {
    const rejected = openSandbox().figma.clientStorage.setAsync('f', () => 1);
    await expect(rejected).rejects.toThrow('a function');
  });
});

describe('messages', () => {
  function shown() {
    const sandbox = openSandbox();
    sandbox.figma.showUI('', {});
    return sandbox;
  }

  it.each([
    ['a function', () => 1, 'the message is a function'],
    ['a Map', { nodes: new Map() }, 'the message.nodes is a Map'],
    ['an ArrayBuffer', { bytes: [new ArrayBuffer(1)] }, 'the message.bytes[0] is a ArrayBuffer'],
    ['floats', new Float32Array(2), 'the message is a Float32Array'],
    ['a symbol', { fills: Symbol('mixed') }, 'the message.fills is a symbol'],
  ])('with %s are refused by name', (_what, message, reason) => {
    expect(() => shown().figma.ui.postMessage(message)).toThrow(reason);
  });

  it('with a circle are refused', () => {
    const circle: { self?: unknown } = {};
    circle.self = circle;
    expect(() => shown().figma.ui.postMessage(circle)).toThrow('contains itself');
  });

  it('with a node are refused: nodes are no data', () => {
    const { figma } = shown();
    expect(() => figma.ui.postMessage(figma.createFrame())).toThrow('SceneNodeHandle');
  });

  it('arrive as copies', () => {
    const { figma, host } = shown();
    const bytes = new Uint8Array([1, 2]);
    const message = { type: 'picture', bytes, when: undefined };
    figma.ui.postMessage(message);
    bytes.fill(9);
    message.type = 'other';
    expect(host.posted).toEqual([{ type: 'picture', bytes: new Uint8Array([1, 2]), when: undefined }]);
  });

  it('need a UI', () => {
    expect(() => openSandbox().figma.ui.postMessage({})).toThrow('showUI was not called');
  });

  it('of the UI reach onmessage and every listener, until it is taken off', () => {
    const { figma, api } = shown();
    const heard: unknown[] = [];
    const listener = (message: unknown) => heard.push(['on', message]);
    figma.ui.onmessage = (message) => heard.push(['onmessage', message]);
    figma.ui.on('message', listener);
    api.ui.receive('hello');
    figma.ui.off('message', listener);
    api.ui.receive('again');
    expect(heard).toEqual([
      ['onmessage', 'hello'],
      ['on', 'hello'],
      ['onmessage', 'again'],
    ]);
  });
});

describe('the rest of the API', () => {
  it('cuts notifications at 100 characters', () => {
    const { figma, host } = openSandbox();
    figma.notify('x'.repeat(150));
    expect(host.notifications[0]!.text).toHaveLength(100);
  });

  it('refuses events that there are not', () => {
    const { figma } = openSandbox();
    expect(() => figma.on('selectionchanged' as 'selectionchange', () => {})).toThrow(
      'not a valid event type',
    );
  });

  it('gives windows a smallest width', () => {
    const { figma, host } = openSandbox();
    figma.showUI('', { width: 10, height: 10 });
    expect(host.windows[0]).toMatchObject({ width: 70, height: 10, title: 'Test' });
  });

  it('is gone after closePlugin, whatever the plugin still has in hand', () => {
    const { figma, host } = openSandbox();
    const node = figma.createFrame();
    figma.closePlugin('Done');
    expect(host.closedWith).toBe('Done');
    expect(() => figma.currentPage).toThrow('the plugin was closed');
    expect(() => node.name).toThrow('the plugin was closed');
    expect(() => figma.createRectangle()).toThrow('the plugin was closed');
  });
});
