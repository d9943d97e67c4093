import type { Change } from './history.ts';
import { type NodeRecord, PAGE_ID } from './node-record.ts';
import { type Box, boxAround, composed, IDENTITY, type Transform, toParent } from './transform.ts';

/** One replica of a document. The page holds one, the sandbox that runs the plugin another; changes keep them alike. */
export class Scene {
  readonly #nodes = new Map<string, NodeRecord>();

  constructor(nodes: readonly NodeRecord[]) {
    for (const node of nodes) this.#nodes.set(node.id, node);
  }

  get(id: string): NodeRecord | undefined {
    return this.#nodes.get(id);
  }

  all(): readonly NodeRecord[] {
    return [...this.#nodes.values()];
  }

  /** In drawing order. */
  children(parentId: string): readonly NodeRecord[] {
    return this.all()
      .filter((node) => node.parentId === parentId)
      .sort((a, b) => a.order - b.order);
  }

  /** The node and everything in it, parents before children. */
  subtree(id: string): readonly NodeRecord[] {
    const node = this.get(id);
    return node ? [node, ...this.children(id).flatMap((child) => this.subtree(child.id))] : [];
  }

  /** The order that puts a node in front of its siblings. */
  frontOrder(parentId: string): number {
    return Math.max(0, ...this.children(parentId).map((node) => node.order)) + 1;
  }

  /** From a node's own pixels to the canvas's. */
  transform(node: NodeRecord): Transform {
    const parent = node.parentId ? this.get(node.parentId) : undefined;
    return composed(parent ? this.transform(parent) : IDENTITY, toParent(node));
  }

  /** The upright box around the node on the canvas. */
  bounds(node: NodeRecord): Box {
    return boxAround(this.transform(node), { x: 0, y: 0, width: node.width, height: node.height });
  }

  /** The box of all that is drawn of the node, strokes and children outside of it included; undefined for nothing. */
  renderBounds(node: NodeRecord): Box | undefined {
    if (!this.#isShown(node)) return undefined;
    const outside = node.strokes.some(({ visible }) => visible !== false) ? node.strokeWeight / 2 : 0;
    const own = {
      x: -outside,
      y: -outside,
      width: node.width + 2 * outside,
      height: node.height + 2 * outside,
    };
    const children = node.clipsContent ? [] : this.children(node.id);
    const boxes = children.map((child) => this.renderBounds(child)).filter((box) => box !== undefined);
    return unionOf([boxAround(this.transform(node), own), ...boxes]);
  }

  /** False for what lies in a hidden frame, too. */
  #isShown({ visible, opacity, parentId }: NodeRecord): boolean {
    const parent = parentId ? this.get(parentId) : undefined;
    return visible && opacity > 0 && (parent === undefined || this.#isShown(parent));
  }

  /** The frame directly on the page that a node lies in, or the node itself. */
  topLevel(id: string): NodeRecord | undefined {
    let node = this.get(id);
    while (node?.parentId && node.parentId !== PAGE_ID) node = this.get(node.parentId);
    return node;
  }

  /** A change to a node that the other side has just removed has nothing left to change, and is dropped. */
  apply(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.kind === 'create') this.#nodes.set(change.node.id, change.node);
      else if (change.kind === 'remove') this.#nodes.delete(change.node.id);
      else {
        const node = this.#nodes.get(change.id);
        if (node) this.#nodes.set(change.id, { ...node, ...change.after });
      }
    }
  }
}

export function unionOf(boxes: readonly Box[]): Box | undefined {
  if (boxes.length === 0) return undefined;
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  return {
    x,
    y,
    width: Math.max(...boxes.map((box) => box.x + box.width)) - x,
    height: Math.max(...boxes.map((box) => box.y + box.height)) - y,
  };
}

export function isWithin(box: Box, view: Box): boolean {
  return (
    box.x >= view.x &&
    box.y >= view.y &&
    box.x + box.width <= view.x + view.width &&
    box.y + box.height <= view.y + view.height
  );
}
