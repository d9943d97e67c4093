/** The canvas that the main thread sees, small: nodes in a list, limits as Figma's. The studio has the whole one. */

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import type { CanvasNode, FigmaSurface, PngExport, Rectangle } from '../../plugin/main/figma-surface.ts';
import type { MainToUi, UiToMain } from '../../plugin/messages.ts';
import { pngHeader } from '../studio/sandbox.ts';

const bundle = () =>
  readFileSync(fileURLToPath(new URL('../../plugin/dist/main.js', import.meta.url)), 'utf8');

interface Size {
  readonly width: number;
  readonly height: number;
}

export class FakeNode implements Rectangle {
  readonly type = 'RECTANGLE';
  readonly exports: PngExport[] = [];
  readonly data = new Map<string, string>();
  relaunch: Record<string, string> = {};
  removed = false;
  fills: Rectangle['fills'] = [];
  x = 0;
  y = 0;
  width = 100;
  height = 100;
  /** Canvas pixels that it takes as it lies, where they are not its width and height. */
  seen: Size | undefined;
  /** Size of what is rendered where strokes or shadows add to it; null where nothing is. */
  rendered: Size | null | undefined;
  /** Size of what its export shows, where that is none of what it tells. */
  drawn: Size | undefined;
  readonly id: string;
  name: string;

  constructor(id: string, name: string) {
    this.id = id;
    this.name = name;
  }

  get absoluteBoundingBox() {
    return { x: this.x, y: this.y, ...(this.seen ?? { width: this.width, height: this.height }) };
  }

  get absoluteRenderBounds() {
    if (this.rendered === null) return null;
    return { ...this.absoluteBoundingBox, ...this.rendered };
  }

  async exportAsync(settings: PngExport): Promise<Uint8Array> {
    if (this.name === 'Empty') throw new Error('This node may not have any visible layers.');
    if (this.name === 'Endless') return new Promise(() => {});
    this.exports.push(settings);
    const { width, height } = this.drawn ?? this.absoluteRenderBounds ?? this;
    const { type, value } = settings.constraint;
    const scale = value / (type === 'WIDTH' ? width : height);
    return pngHeader(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  }

  getPluginData(key: string): string {
    return this.data.get(key) ?? '';
  }

  setPluginData(key: string, value: string): void {
    if (key.length + value.length > 100_000) throw new Error('plugin data is limited to 100 kB an entry');
    if (value === '') this.data.delete(key);
    else this.data.set(key, value);
  }

  setRelaunchData(data: Record<string, string>): void {
    this.relaunch = data;
  }

  remove(): void {
    this.removed = true;
  }

  resize(width: number, height: number): void {
    Object.assign(this, { width, height });
  }
}

export class FakeFigma implements FigmaSurface {
  command = '';
  readonly nodes: FakeNode[] = [];
  readonly stored = new Map<string, unknown>();
  /** Plugin data of the page; another map is another document. */
  pageData = new Map<string, string>();
  readonly images: Uint8Array[] = [];
  readonly notices: string[] = [];
  readonly heard: MainToUi[] = [];
  readonly complaints: unknown[] = [];
  /** Share of the time that timers take; for tests of long waits. */
  pace = 1;
  undoSteps = 0;
  shown: readonly CanvasNode[] = [];
  selection: readonly CanvasNode[] = [];
  #toMain: (message: unknown) => void = () => {};
  #onSelection: () => void = () => {};

  readonly viewport = {
    center: { x: 500, y: 300 },
    bounds: { x: 0, y: 0, width: 1000, height: 600 },
    scrollAndZoomIntoView: (nodes: readonly { readonly id: string }[]) => {
      this.shown = nodes as readonly CanvasNode[];
    },
  };
  readonly clientStorage = {
    getAsync: async (key: string) => this.stored.get(key),
    setAsync: async (key: string, value: unknown) => void this.stored.set(key, value),
    deleteAsync: async (key: string) => void this.stored.delete(key),
    keysAsync: async () => [...this.stored.keys()],
  };
  readonly ui = {
    postMessage: (message: unknown) => void this.heard.push(message as MainToUi),
    on: (_: 'message', callback: (message: unknown) => void) => {
      this.#toMain = callback;
    },
  };

  get currentPage() {
    const figma = this;
    const children = () => this.nodes.filter(({ removed }) => !removed);
    return {
      id: '0:1',
      get children() {
        return children();
      },
      get selection() {
        return figma.selection;
      },
      set selection(nodes: readonly CanvasNode[]) {
        figma.selection = nodes;
      },
      appendChild: () => {},
      getPluginData: (key: string) => this.pageData.get(key) ?? '',
      setPluginData: (key: string, value: string) => void this.pageData.set(key, value),
      findAllWithCriteria: ({ pluginData }: { pluginData: { keys: string[] } }) =>
        children().filter(({ data }) => pluginData.keys.some((key) => data.has(key))),
    };
  }

  /** Runs the built main thread, with nothing around it but what Figma's sandbox has. */
  run(): void {
    const console = { error: (...details: unknown[]) => void this.complaints.push(details) };
    const timers = {
      setTimeout: (callback: () => void, ms: number) => setTimeout(callback, ms * this.pace),
      clearTimeout,
    };
    const sandbox = { figma: this, __html__: '<html>', console, ...timers };
    runInContext(bundle(), createContext(sandbox));
  }

  add(
    name: string,
    bounds: Partial<Pick<FakeNode, 'x' | 'y' | 'width' | 'height' | 'seen' | 'rendered' | 'drawn'>> = {},
  ): FakeNode {
    const node = Object.assign(new FakeNode(`1:${this.nodes.length}`, name), bounds);
    this.nodes.push(node);
    return node;
  }

  select(...nodes: readonly FakeNode[]): void {
    this.selection = nodes;
    this.#onSelection();
  }

  /** As the UI would. Resolves when the main thread said something of this type. */
  async tell<Type extends MainToUi['type']>(
    message: UiToMain,
    answer: Type,
  ): Promise<Extract<MainToUi, { type: Type }>> {
    const before = this.heard.length;
    this.#toMain(message);
    return this.next(answer, before);
  }

  async next<Type extends MainToUi['type']>(
    type: Type,
    from = this.heard.length,
  ): Promise<Extract<MainToUi, { type: Type }>> {
    for (;;) {
      const found = this.heard.slice(from).find((message) => message.type === type);
      if (found !== undefined) return found as Extract<MainToUi, { type: Type }>;
      await wait(1);
    }
  }

  /** For messages that are not answered. */
  async post(message: UiToMain): Promise<void> {
    this.#toMain(message);
    await this.tell({ type: 'export', exportId: 'none', nodeIds: [], longestSide: 1 }, 'export-done');
  }

  showUI(): void {}

  on(type: 'selectionchange' | 'currentpagechange', callback: () => void): void {
    if (type === 'selectionchange') this.#onSelection = callback;
  }

  async getNodeByIdAsync(id: string) {
    return this.nodes.find((node) => node.id === id && !node.removed) ?? null;
  }

  createRectangle(): FakeNode {
    return this.add('Rectangle');
  }

  createImage(bytes: Uint8Array) {
    if (bytes.length === 0) throw new Error('Image type is unsupported');
    this.images.push(bytes);
    return { hash: `hash-${this.images.length}` };
  }

  commitUndo(): void {
    this.undoSteps++;
  }

  notify(message: string): void {
    if (message.length > 100) throw new Error('notify takes 100 characters');
    this.notices.push(message);
  }
}
