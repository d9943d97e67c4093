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

/** What takes the document back: every step's inverse, last step first. */
export function inverted(changes: readonly Change[]): readonly Change[] {
  return changes.map(inverse).reverse();
}
