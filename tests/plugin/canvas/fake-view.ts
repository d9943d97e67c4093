/** FakeViews: layers and pages as the plugin gets them. Figma's rules hold here, and every read is a copy. */

import { FakeNode, type FakePage, type FakeParent } from './fake-node.ts';
import { adopt, checkSize, isOfInstance, layOut, refuse, write } from './fake-rules.ts';

/** What a test wants to know of the plugin's run, or forbids. */
interface Surroundings {
  /** A file that may not be changed: nothing can be written. */
  readonly isReadOnly: boolean;
  readonly nodes: readonly FakeNode[];
  readonly page: FakePage;
  /** Plugin data of the page. */
  readonly pageData: Map<string, string>;
  selection: readonly FakeNode[];
  /** Fonts that may be written with. */
  readonly fonts: ReadonlySet<string>;
}

const WRITES = ['resize', 'remove', 'appendChild', 'insertChild', 'setPluginData', 'setRelaunchData'];
const ASYNC_WRITES = ['setFillsAsync', 'setFillStyleIdAsync'];

export class FakeViews {
  readonly #around: Surroundings;
  readonly #views = new Map<FakeParent, object>();
  readonly #raw = new WeakMap<object, FakeParent>();

  constructor(around: Surroundings) {
    this.#around = around;
  }

  of(node: FakeParent): object {
    const known = this.#views.get(node);
    if (known !== undefined) return known;
    const view = node instanceof FakeNode ? this.#layer(node) : this.#page(node);
    this.#views.set(node, view);
    this.#raw.set(view, node);
    return view;
  }

  /** What a view is of; everything else as it is. */
  raw(value: unknown): unknown {
    if (Array.isArray(value)) return value.map((one) => this.raw(one));
    return (typeof value === 'object' && value !== null && this.#raw.get(value)) || value;
  }

  mayWrite(call: string): void {
    if (this.#around.isReadOnly) refuse(call, 'Cannot write to a file that you can only view');
  }

  #read(value: unknown): unknown {
    if (value instanceof FakeNode || value === this.#around.page) return this.of(value as FakeParent);
    if (isPage(value)) return this.of(value);
    if (Array.isArray(value) && value.some((one) => one instanceof FakeNode))
      return value.map((one) => this.of(one as FakeNode));
    return typeof value === 'object' && value !== null ? structuredClone(value) : value;
  }

  #layer(node: FakeNode): object {
    const mustBeThere = (call: string) => {
      if (node.removed) refuse(call, `The node with id "${node.id}" does not exist`);
    };
    return new Proxy(node, {
      get: (_, key) => {
        if (typeof key === 'symbol') return undefined;
        if (!['removed', 'id', 'type'].includes(key)) mustBeThere(`get_${key}`);
        if (key === 'appendChild') return (child: object) => this.#adopt(node, child);
        if (key === 'insertChild') return (at: number, child: object) => this.#adopt(node, child, at);
        const value: unknown = Reflect.get(node, key, node);
        if (typeof value !== 'function') return this.#read(value);
        return (...given: unknown[]) => this.#call(node, key, value as () => unknown, given);
      },
      set: (_, key, value) => {
        const call = `set_${String(key)}`;
        mustBeThere(call);
        this.mayWrite(call);
        const isLoaded = this.#around.fonts.has(JSON.stringify((node as { fontName?: unknown }).fontName));
        if (key === 'characters' && !isLoaded) refuse(call, 'Cannot write to node with unloaded font');
        write(node, String(key), value);
        return true;
      },
      has: (_, key) => key in node,
    });
  }

  #call(node: FakeNode, key: string, value: () => unknown, given: unknown[]): unknown {
    if (node.removed) refuse(key, `The node with id "${node.id}" does not exist`);
    if (WRITES.includes(key)) this.mayWrite(key);
    if (key === 'resize') {
      if (isOfInstance(node)) refuse(key, 'This property cannot be overridden in an instance');
      checkSize(node, given as [number, number]);
    }
    if (key === 'remove' && isOfInstance(node)) refuse(key, 'Removing this node is not allowed');
    if (ASYNC_WRITES.includes(key)) this.mayWrite(key);
    const result = Reflect.apply(
      value,
      node,
      given.map((one) => this.raw(one)),
    );
    if (key === 'remove' || key === 'resize') layOut(node.parent);
    return result;
  }

  #adopt(parent: FakeParent, child: object, index?: number): void {
    this.mayWrite('insertChild');
    const raw = this.raw(child) as FakeNode;
    if (raw.removed) refuse('insertChild', `The node with id "${raw.id}" does not exist`);
    adopt(parent, raw, index);
  }

  #page(page: FakePage): object {
    const around = this.#around;
    const views = this;
    const mustBeLoaded = (call: string) => {
      if (!page.isLoaded) refuse(call, 'Cannot access a page that was not loaded. Call page.loadAsync first');
    };
    const inside = (node: FakeNode): boolean =>
      node.parent === page || (node.parent instanceof FakeNode && inside(node.parent));
    return {
      ...{ id: page.id, type: page.type, parent: page.parent, removed: false },
      get children() {
        mustBeLoaded('get_children');
        return views.#read(page.children) as readonly object[];
      },
      get selection() {
        return around.selection.filter(({ removed }) => !removed).map((node) => views.of(node));
      },
      set selection(nodes: readonly object[]) {
        const raw = views.raw(nodes) as readonly FakeNode[];
        if (!raw.every((node) => !node.removed && inside(node)))
          refuse('set_selection', 'node of another page');
        around.selection = raw;
      },
      appendChild: (child: object) => this.#adopt(page, child),
      insertChild: (index: number, child: object) => this.#adopt(page, child, index),
      getPluginData: (key: string) => around.pageData.get(key) ?? '',
      setPluginData: (key: string, value: string) => {
        this.mayWrite('setPluginData');
        around.pageData.set(key, value);
      },
      loadAsync: async () => {
        page.isLoaded = true;
      },
      findAllWithCriteria: ({ pluginData }: { pluginData: { keys: string[] } }) => {
        mustBeLoaded('findAllWithCriteria');
        const found = around.nodes.filter((node) => !node.removed && inside(node));
        const marked = found.filter(({ data }) => pluginData.keys.some((key) => data.has(key)));
        return marked.map((node) => this.of(node));
      },
    };
  }
}

function isPage(value: unknown): value is FakePage {
  return typeof value === 'object' && value !== null && (value as { type?: unknown }).type === 'PAGE';
}
