/** adopt: a node put among another parent's children, at its place in their order. */

import type { DocumentAccess } from './document-access.ts';
import { refusal } from './node-checks.ts';

interface Adopted {
  readonly id: string;
  readonly type: string;
  readonly removed: boolean;
}

/** @param index of the child that it comes before, from the bottom; default: in front of all */
export function adopt(document: DocumentAccess, parent: Adopted, child: Adopted, index?: number): void {
  const call = index === undefined ? 'appendChild' : 'insertChild';
  if (parent.removed || child.removed) throw refusal(call, 'a node does not exist');
  if (parent.type === 'RECTANGLE' || parent.type === 'TEXT')
    throw refusal(call, 'a rectangle or text holds no children');
  if (document.scene.subtree(child.id).some(({ id }) => id === parent.id)) {
    throw refusal(call, 'a node cannot be put into itself');
  }
  document.edit(child.id, { parentId: parent.id, order: orderAt(document, parent.id, index) });
}

/** Between two siblings: fractions leave room. */
function orderAt({ scene }: DocumentAccess, parentId: string, index: number | undefined): number {
  const siblings = scene.children(parentId);
  const above = index === undefined ? undefined : siblings[index];
  if (above === undefined) return scene.frontOrder(parentId);
  const below = siblings[index! - 1];
  return below === undefined ? above.order - 1 : (below.order + above.order) / 2;
}
