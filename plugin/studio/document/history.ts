import type { NodeRecord } from './node-record.ts';

/**
 * One step from one state of the document to the next. Edits carry only the fields they touch, so that a frame that
 * the person moves while the plugin fills it keeps both.
 */
export type Change =
  | { readonly kind: 'create'; readonly node: NodeRecord }
  | { readonly kind: 'remove'; readonly node: NodeRecord }
  | {
      readonly kind: 'edit';
      readonly id: string;
      readonly before: Partial<NodeRecord>;
      readonly after: Partial<NodeRecord>;
    };

/** Undo steps kept. Pictures are kept by hash elsewhere, so that a step is small. */
const STEPS_KEPT = 200;

/**
 * Undo and redo. A plugin's changes gather in one open step until it calls `commitUndo`, or until the person does
 * something of their own: then the step closes, as in Figma.
 */
export class UndoHistory {
  readonly #done: (readonly Change[])[] = [];
  #undone: (readonly Change[])[] = [];
  #open: Change[] = [];

  /** Changes of a plugin, part of the open step. */
  gather(changes: readonly Change[]): void {
    this.#open.push(...changes);
    this.#undone = [];
  }

  /** Closes the open step. */
  commit(): void {
    if (this.#open.length === 0) return;
    this.#done.push(this.#open);
    if (this.#done.length > STEPS_KEPT) this.#done.shift();
    this.#open = [];
  }

  /** One action of the person: a step of its own. */
  record(changes: readonly Change[]): void {
    this.commit();
    this.gather(changes);
    this.commit();
  }

  get canUndo(): boolean {
    return this.#open.length > 0 || this.#done.length > 0;
  }

  get canRedo(): boolean {
    return this.#undone.length > 0;
  }

  /** The changes that take one step back; none when there is nothing to undo. */
  undo(): readonly Change[] {
    this.commit();
    const step = this.#done.pop();
    if (!step) return [];
    this.#undone.push(step);
    return inverted(step);
  }

  redo(): readonly Change[] {
    const step = this.#undone.pop();
    if (!step) return [];
    this.#done.push(step);
    return step;
  }
}

function inverse(change: Change): Change {
  switch (change.kind) {
    case 'create':
      return { kind: 'remove', node: change.node };
    case 'remove':
      return { kind: 'create', node: change.node };
    case 'edit':
      return { kind: 'edit', id: change.id, before: change.after, after: change.before };
  }
}

/**
 * The changes that take the document back: every step's inverse, last step first.
 * @internal
 */
export function inverted(changes: readonly Change[]): readonly Change[] {
  return changes.map(inverse).reverse();
}
