/** Nodes by their id, and what lies above them in the document. */

import type { CanvasNode, CanvasPage, CanvasParent, FigmaSurface } from './figma-surface.ts';

/** Undefined for one that is gone. Its page can be read then, shown or not. */
export async function nodeOf(surface: FigmaSurface, nodeId: string): Promise<CanvasNode | undefined> {
  const found = await surface.getNodeByIdAsync(nodeId).catch(() => null);
  const node = found === null ? undefined : (found as CanvasNode);
  if (node === undefined || node.removed) return undefined;
  await pageOf(node)?.loadAsync();
  return node;
}

/** Undefined for a layer of a component that is on no page. */
export function pageOf(node: CanvasParent): CanvasPage | undefined {
  if (node.type === 'PAGE') return node as CanvasPage;
  return node.parent === null ? undefined : pageOf(node.parent);
}

/** True for what is on the page that is shown, and can be selected there. */
export function isOnShownPage({ currentPage }: FigmaSurface, node: CanvasParent): boolean {
  return pageOf(node)?.id === currentPage.id;
}

/** True for a layer in a locked frame, too: whoever locked that wants it as it is. */
export function isLocked(node: CanvasParent & { readonly locked?: boolean }): boolean {
  return node.locked === true || (node.parent !== null && isLocked(node.parent));
}

/** True for a layer in a hidden frame, too. */
export function isHidden(node: CanvasParent & { readonly visible?: boolean }): boolean {
  return node.visible === false || (node.parent !== null && isHidden(node.parent));
}

/** True for a layer that an instance has from its component: nothing can be put into it, moved or taken out. */
export function isOfInstance({ parent }: CanvasParent): boolean {
  return parent !== null && (parent.type === 'INSTANCE' || isOfInstance(parent));
}

/** Boards are no layouts themselves: layouts lie side by side on them. */
export function isBoard({ type }: CanvasParent): boolean {
  return type === 'PAGE' || type === 'SECTION' || type === 'COMPONENT_SET';
}
