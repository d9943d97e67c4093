/** The canvas that the main thread sees, small: nodes in a list, limits as Figma's. The studio has the whole one. */

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import type { Affine } from '../../../plugin/layout-messages.ts';
import type { CanvasNode, FigmaSurface, PngExport, Rectangle } from '../../../plugin/main/figma-surface.ts';
import type { MainToUi, UiToMain } from '../../../plugin/messages.ts';
import type { CanvasSize } from '../../../shared/geometry.ts';
import { pngHeader } from '../../studio/sandbox.ts';

const bundle = () =>
  readFileSync(fileURLToPath(new URL('../../../plugin/dist/main.js', import.meta.url)), 'utf8');

export class FakeNode implements Rectangle {
  type = 'RECTANGLE';
  locked = false;
  parent: FakeNode | null = null;
  readonly exports: PngExport[] = [];
  readonly data = new Map<string, string>();
  relaunch: Record<string, string> = {};
  removed = false;
  fills: Rectangle['fills'] = [];
  blendMode = 'NORMAL';
  opacity = 1;
  /** Position among its siblings. */
  rank = 0;
  x = 0;
  y = 0;
  width = 100;
  height = 100;
  /** Canvas pixels that it takes as it lies, where they are not its width and height. */
  seen: CanvasSize | undefined;
  /** Size of what is rendered where strokes or shadows add to it; null where nothing is. */
  rendered: CanvasSize | null | undefined;
  /** Size of what its export shows, where that is none of what it tells. */
  drawn: CanvasSize | undefined;
  readonly id: string;
  name: string;

  protected readonly figma: FakeFigma;

  constructor(id: string, name: string, figma: FakeFigma) {
    this.id = id;
    this.name = name;
    this.figma = figma;
  }

  /** Layers inside of it. */
  get children(): readonly FakeNode[] {
    return inOrder(this.figma.nodes.filter((node) => node.parent === this && !node.removed));
  }

  appendChild(child: CanvasNode): void {
    Object.assign(child, { parent: this });
  }

  insertChild(index: number, child: CanvasNode): void {
    Object.assign(child, { parent: this, rank: rankAt(this.children, index) });
  }

  /** Turned against the clock by `degrees`, about its top left. */
  degrees = 0;

  get absoluteTransform(): Affine {
    const angle = (this.degrees * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    return [
      [cos, sin, this.x],
      // Without a zero of the other sign, which no layer has.
      [0 - sin, cos, this.y],
    ];
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

function inOrder(nodes: readonly FakeNode[]): readonly FakeNode[] {
  return [...nodes].sort((a, b) => a.rank - b.rank);
}

function rankAt(siblings: readonly FakeNode[], index: number): number {
  const [below, above] = [siblings[index - 1], siblings[index]];
  if (above === undefined) return (below?.rank ?? 0) + 1;
  return below === undefined ? above.rank - 1 : (below.rank + above.rank) / 2;
}

type NodeState = Pick<FakeNode, 'fills' | 'removed'> & { readonly data: ReadonlyMap<string, string> };

function stateOf({ fills, removed, data }: FakeNode): NodeState {
  return { fills, removed, data: new Map(data) };
}

/** A layer that did not exist then is gone. */
function restore(node: FakeNode, state: NodeState | undefined): void {
  node.removed = state?.removed ?? true;
  node.fills = state?.fills ?? [];
  node.data.clear();
  for (const [key, value] of state?.data ?? []) node.data.set(key, value);
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
    const left = () => this.nodes.filter(({ removed }) => !removed);
    const children = () => inOrder(left().filter(({ parent }) => parent === null));
    return {
      id: '0:1',
      type: 'PAGE',
      parent: null,
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
      insertChild: (index: number, child: CanvasNode) => {
        Object.assign(child, { parent: null, rank: rankAt(children(), index) });
      },
      getPluginData: (key: string) => this.pageData.get(key) ?? '',
      setPluginData: (key: string, value: string) => void this.pageData.set(key, value),
      findAllWithCriteria: ({ pluginData }: { pluginData: { keys: string[] } }) =>
        left().filter(({ data }) => pluginData.keys.some((key) => data.has(key))),
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
    const node = Object.assign(new FakeNode(`1:${this.nodes.length}`, name, this), bounds);
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

  createFrame(): FakeNode {
    return Object.assign(this.add('Frame'), { type: 'FRAME' });
  }

  createRectangle(): FakeNode {
    return this.add('Rectangle');
  }

  createText() {
    const letters = { characters: '', fontSize: 12, fontName: { family: 'Inter', style: 'Regular' } };
    return Object.assign(this.add('Text'), { type: 'TEXT', ...letters, textAutoResize: 'NONE' as const });
  }

  async loadFontAsync(): Promise<void> {}

  createImage(bytes: Uint8Array) {
    if (bytes.length === 0) throw new Error('Image type is unsupported');
    this.images.push(bytes);
    return { hash: `hash-${this.images.length}` };
  }

  commitUndo(): void {
    this.undoSteps++;
    this.#committed.push(this.nodes.map(stateOf));
  }

  /** As the person does it: back to what was before the last commit. What the test did by itself before the first stays. */
  undo(): void {
    this.#committed.pop();
    const before = this.#committed.at(-1) ?? this.#first;
    for (const [index, node] of this.nodes.entries()) restore(node, before[index]);
  }

  /** From here on the canvas is what `undo` leads back to. */
  begin(): void {
    this.#committed.length = 0;
    this.#first = this.nodes.map(stateOf);
  }

  readonly #committed: NodeState[][] = [];
  #first: NodeState[] = [];

  notify(message: string): void {
    if (message.length > 100) throw new Error('notify takes 100 characters');
    this.notices.push(message);
  }
}
