import { signal } from '@preact/signals';
import { type Change, UndoHistory } from './history.ts';
import { type NodeRecord, newNode, PAGE_ID, type Paint } from './node-record.ts';
import { Scene } from './scene.ts';
import type { Box } from './transform.ts';

type Author = 'person' | 'plugin' | 'undo';

/**
 * The open document as the person works on it: nodes, selection, undo. Whoever wants to follow it (canvas, layers,
 * sandbox, storage) reads the signals or listens.
 */
export class Workspace {
  readonly scene: Scene;
  /** Counts changes; reading it follows the document. */
  readonly revision = signal(0);
  readonly selection = signal<readonly string[]>([]);
  readonly #history = new UndoHistory();
  readonly #session: number;
  readonly #listeners: ((changes: readonly Change[], author: Author) => void)[] = [];
  #created = 0;

  constructor(nodes: readonly NodeRecord[], session: number) {
    this.scene = new Scene(nodes);
    this.#session = session;
  }

  onChange(listener: (changes: readonly Change[], author: Author) => void): void {
    this.#listeners.push(listener);
  }

  #apply(changes: readonly Change[], author: Author): void {
    if (changes.length === 0) return;
    this.scene.apply(changes);
    const left = this.selection.peek().filter((id) => this.scene.get(id));
    if (left.length < this.selection.peek().length) this.selection.value = left;
    this.revision.value++;
    for (const listener of this.#listeners) listener(changes, author);
  }

  /** The person's action: one undo step. */
  act(changes: readonly Change[]): void {
    if (changes.length === 0) return;
    this.#apply(changes, 'person');
    this.#history.record(changes);
  }

  /** In mid-drag: shown, and only recorded when it ends, by `act` with the way back included. */
  preview(changes: readonly Change[]): void {
    this.#apply(changes, 'person');
  }

  /** Changes that `preview` has shown become one undo step. */
  settle(changes: readonly Change[]): void {
    this.#history.record(changes);
  }

  receiveFromPlugin(changes: readonly Change[]): void {
    this.#apply(changes, 'plugin');
    this.#history.gather(changes);
  }

  commitUndo(): void {
    this.#history.commit();
    this.revision.value++;
  }

  undo(): void {
    this.#apply(this.#history.undo(), 'undo');
  }

  redo(): void {
    this.#apply(this.#history.redo(), 'undo');
  }

  get canUndo(): boolean {
    return this.#history.canUndo;
  }

  get canRedo(): boolean {
    return this.#history.canRedo;
  }

  /** A new node in front of all others; `act` puts it in place. */
  draft(box: Box, name: string, fills: readonly Paint[], type: 'FRAME' | 'RECTANGLE' = 'FRAME'): NodeRecord {
    const id = `${this.#session}:${++this.#created}`;
    const order = this.scene.frontOrder(PAGE_ID) + this.#created / 1e6;
    return { ...newNode(id, type, order), ...box, name, fills };
  }

  selectedNodes(): readonly NodeRecord[] {
    return this.selection.value.flatMap((id) => this.scene.get(id) ?? []);
  }

  selectAll(): void {
    this.selection.value = this.scene.children(PAGE_ID).map(({ id }) => id);
  }

  deleteSelected(): void {
    const doomed = this.selectedNodes().flatMap(({ id }) => this.scene.subtree(id));
    this.act(doomed.map((node) => ({ kind: 'remove', node }) as const).reverse());
  }

  moveSelected(dx: number, dy: number): void {
    this.act(moves(this.selectedNodes(), dx, dy));
  }

  rename(id: string, name: string): void {
    const node = this.scene.get(id);
    if (node && name.trim() !== '') {
      this.act([{ kind: 'edit', id, before: { name: node.name }, after: { name: name.trim() } }]);
    }
  }
}

/** From where the nodes are in `nodes` to there and by (dx, dy), on whole pixels. */
export function moves(nodes: readonly NodeRecord[], dx: number, dy: number): readonly Change[] {
  if (dx === 0 && dy === 0) return [];
  return nodes.map(({ id, x, y }) => ({
    kind: 'edit',
    id,
    before: { x, y },
    after: { x: Math.round(x + dx), y: Math.round(y + dy) },
  }));
}
