/** The canvas that the main thread sees, small: nodes in a list, limits and rules as Figma's. The studio has the whole one. */

import { readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createContext, runInContext } from 'node:vm';
import type {
  CanvasNode,
  CanvasPage,
  FigmaSurface,
  Frame,
  Rectangle,
} from '../../../plugin/main/figma-surface.ts';
import type { MainToUi, UiToMain } from '../../../plugin/messages.ts';
import { childrenOf, FakeNode, type FakePage } from './fake-node.ts';
import { FakeViews } from './fake-view.ts';

const bundle = () =>
  readFileSync(fileURLToPath(new URL('../../../plugin/dist/main.js', import.meta.url)), 'utf8');

/** What undo brings back of a layer. */
const UNDONE = [
  ...['fills', 'fillStyleId', 'removed', 'parent', 'rank', 'relativeTransform', 'width', 'height', 'name'],
  'layoutPositioning',
] as const;

type NodeState = Partial<FakeNode> & { readonly entries: ReadonlyMap<string, string> };

function stateOf(node: FakeNode): NodeState {
  const own = Object.fromEntries(UNDONE.map((key) => [key, node[key as keyof FakeNode]]));
  return { ...own, entries: new Map(node.data) };
}

/** A layer that did not exist then is gone. */
function restore(node: FakeNode, state: NodeState | undefined): void {
  if (state === undefined) node.removed = true;
  const { entries, ...own } = state ?? { entries: new Map<string, string>() };
  Object.assign(node, own);
  node.data.clear();
  for (const [key, value] of entries) node.data.set(key, value);
}

export class FakeFigma implements FigmaSurface {
  command = '';
  editorType = 'figma';
  /** Nothing can be written: the person may only look. */
  isReadOnly = false;
  /** Words that it was closed with. */
  closedWith: string | undefined;
  readonly nodes: FakeNode[] = [];
  readonly page = this.#newPage('0:1', true);
  readonly fonts = new Set<string>();
  readonly #views = new FakeViews(this);
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
  shown: readonly unknown[] = [];
  selection: readonly FakeNode[] = [];
  #shown: FakePage = this.page;
  #toMain: (message: unknown) => void = () => {};
  #onSelection: () => void = () => {};
  #onPage: () => void = () => {};

  readonly viewport = {
    center: { x: 500, y: 300 },
    bounds: { x: 0, y: 0, width: 1000, height: 600 },
    scrollAndZoomIntoView: (nodes: readonly { readonly id: string }[]) => {
      this.shown = nodes;
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

  #newPage(id: string, isLoaded: boolean): FakePage {
    const { nodes } = this;
    return {
      ...{ id, type: 'PAGE', parent: null, isLoaded },
      get children() {
        return childrenOf(this, nodes);
      },
    } as FakePage;
  }

  get currentPage(): CanvasPage {
    return this.#views.of(this.#shown) as CanvasPage;
  }

  /** The person goes to another page, which is empty; layers of the first one stay, and stay selected where they are told. */
  leavePage(...selected: readonly FakeNode[]): void {
    this.page.isLoaded = false;
    this.selection = selected;
    this.#shown = this.#newPage('0:2', true);
    this.#onPage();
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

  /** A layer of the designer's, on the page. */
  add(
    name: string,
    made: Partial<Pick<FakeNode, 'type' | 'x' | 'y' | 'width' | 'height' | 'rendered' | 'drawn'>> = {},
  ): FakeNode {
    const node = Object.assign(new FakeNode(`1:${this.nodes.length}`, name, this.page, this.nodes), made);
    node.rank = this.page.children.length;
    this.nodes.push(node);
    return node;
  }

  /** A layer of the plugin's, in front on the page that is shown. */
  #create(name: string, type: string): FakeNode {
    this.#views.mayWrite(`create${name}`);
    const node = Object.assign(this.add(name, { type }), { parent: this.#shown });
    node.rank = this.#shown.children.length;
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

  closePlugin(message: string): void {
    this.closedWith = message;
  }

  on(type: 'selectionchange' | 'currentpagechange', callback: () => void): void {
    if (type === 'selectionchange') this.#onSelection = callback;
    else this.#onPage = callback;
  }

  async getNodeByIdAsync(id: string) {
    const node = this.nodes.find((one) => one.id === id && !one.removed);
    return node === undefined ? null : (this.#views.of(node) as CanvasNode);
  }

  createFrame(): Frame {
    return this.#views.of(this.#create('Frame', 'FRAME')) as Frame;
  }

  createRectangle(): Rectangle {
    return this.#views.of(this.#create('Rectangle', 'RECTANGLE')) as Rectangle;
  }

  createText() {
    const letters = { characters: '', fontSize: 12, fontName: { family: 'Inter', style: 'Regular' } };
    const text = Object.assign(this.#create('Text', 'TEXT'), letters, { textAutoResize: 'NONE' });
    return this.#views.of(text) as ReturnType<FigmaSurface['createText']>;
  }

  async loadFontAsync(font: unknown): Promise<void> {
    this.fonts.add(JSON.stringify(font));
  }

  createImage(bytes: Uint8Array) {
    this.#views.mayWrite('createImage');
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
    this.selection = this.selection.filter(({ removed }) => !removed);
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
