import type { Change } from '../document/history.ts';
import { type LayerType, type NodeRecord, newNode, PAGE_ID } from '../document/node-record.ts';
import { Scene } from '../document/scene.ts';
import type { DocumentAccess } from './document-access.ts';
import { NodeHandle } from './node-handle.ts';
import { PageHandle } from './page-handle.ts';
import type { SandboxHost } from './sandbox-host.ts';
import { SceneNodeHandle } from './scene-node-handle.ts';
import { TextHandle } from './text-handle.ts';

/**
 * The sandbox's replica of the document. The plugin's writes are done here at once, as Figma's API does them, and
 * leave for the page as changes; the person's arrive the same way.
 */
export class SandboxDocument implements DocumentAccess {
  readonly scene: Scene;
  readonly host: SandboxHost;
  readonly pluginId: string;
  readonly #session: number;
  readonly #handles = new Map<string, NodeHandle>();
  #created = 0;
  #selection: readonly string[];
  #alive = true;

  constructor(
    nodes: readonly NodeRecord[],
    options: { host: SandboxHost; selection: readonly string[]; session: number; pluginId: string },
  ) {
    this.scene = new Scene(nodes);
    this.host = options.host;
    this.pluginId = options.pluginId;
    this.#session = options.session;
    this.#selection = options.selection;
  }

  /** Two looks at one node give the same object, so that plugins can compare them. */
  handle(id: string): NodeHandle | undefined {
    const node = this.scene.get(id);
    if (!node) return undefined;
    const known = this.#handles.get(id);
    if (known) return known;
    const handle =
      node.type === 'PAGE'
        ? new PageHandle(this, id)
        : node.type === 'DOCUMENT'
          ? new NodeHandle(this, id, 'DOCUMENT')
          : node.type === 'TEXT'
            ? new TextHandle(this, id)
            : new SceneNodeHandle(this, id, node.type);
    Object.preventExtensions(handle);
    this.#handles.set(id, handle);
    return handle;
  }

  create(type: LayerType): SceneNodeHandle {
    const id = `${this.#session}:${++this.#created}`;
    this.write([{ kind: 'create', node: newNode(id, type, this.scene.frontOrder(PAGE_ID)) }]);
    return this.handle(id) as SceneNodeHandle;
  }

  edit(id: string, after: Partial<NodeRecord>): void {
    const node = this.scene.get(id)!;
    const before = Object.fromEntries(
      Object.keys(after).map((key) => [key, node[key as keyof NodeRecord]]),
    ) as Partial<NodeRecord>;
    this.write([{ kind: 'edit', id, before, after }]);
  }

  remove(id: string): void {
    const changes: Change[] = this.scene.subtree(id).map((node) => ({ kind: 'remove', node }));
    // Children first, so that undo, which runs backwards, puts parents in place before them.
    this.write(changes.reverse());
    this.dropFromSelection();
  }

  write(changes: readonly Change[]): void {
    this.mustBeOpen();
    this.scene.apply(changes);
    this.host.changed(changes);
  }

  /** The person's changes, and undo. */
  receive(changes: readonly Change[]): void {
    this.scene.apply(changes);
  }

  get selection(): readonly string[] {
    return this.#selection;
  }

  /** From the plugin. Returns whether it changed. */
  select(ids: readonly string[]): void {
    this.mustBeOpen();
    this.#selection = ids;
    this.host.selected(ids);
  }

  /** From the person. */
  receiveSelection(ids: readonly string[]): void {
    this.#selection = ids;
  }

  private dropFromSelection(): void {
    const left = this.#selection.filter((id) => this.scene.get(id));
    if (left.length < this.#selection.length) this.select(left);
  }

  /** After `closePlugin` the API is gone, whatever timers and promises are still to come. */
  close(): void {
    this.#alive = false;
  }

  mustBeOpen(): void {
    if (!this.#alive) throw new Error('the plugin was closed: the figma API cannot be used any more');
  }
}
