/**
 * FakeNode: a layer of the plugin-API test double, with Figma's geometry. Tests read and write it as they like; the plugin
 * sees it through a view (fake-view.ts), which has Figma's rules.
 */

import type { Bounds, Fills, PngExport } from '../../../plugin/main/figma-surface.ts';
import { type Affine, chained, inverse, uprightBox } from '../../../shared/affine.ts';
import type { CanvasSize } from '../../../shared/geometry.ts';
import { pngHeader } from '../../studio/sandbox.ts';
import { refuse } from './fake-rules.ts';

/** Kinds whose layers have their places in the frame around: they have the size of their layers. */
const LOOSE = ['GROUP', 'BOOLEAN_OPERATION'];

const UPRIGHT: Affine = [
  [1, 0, 0],
  [0, 1, 0],
];

export interface FakePage {
  readonly id: string;
  readonly type: 'PAGE';
  readonly parent: null;
  /** Its children can be read. */
  isLoaded: boolean;
  readonly children: readonly FakeNode[];
}

export type FakeParent = FakeNode | FakePage;

export class FakeNode {
  type = 'RECTANGLE';
  name: string;
  readonly id: string;
  parent: FakeParent;
  locked = false;
  visible = true;
  removed = false;
  isMask = false;
  /** A symbol where parts of it have others. */
  fills: Fills | symbol = [];
  fillStyleId = '';
  blendMode = 'NORMAL';
  opacity = 1;
  layoutMode = 'NONE';
  layoutPositioning: 'AUTO' | 'ABSOLUTE' = 'AUTO';
  itemReverseZIndex = false;
  width = 100;
  height = 100;
  /** From its own pixels to those of the frame that it lies in. */
  relativeTransform: Affine = UPRIGHT;
  /** Position among its siblings. */
  rank = 0;
  readonly data = new Map<string, string>();
  relaunch: Record<string, string> = {};
  readonly exports: PngExport[] = [];
  /** Size of what is rendered where strokes or shadows add to it; null where nothing is. */
  rendered: CanvasSize | null | undefined;
  /** Size of what its export shows, where that is none of what it tells. */
  drawn: CanvasSize | undefined;
  protected readonly all: readonly FakeNode[];

  constructor(id: string, name: string, parent: FakePage, all: readonly FakeNode[]) {
    this.id = id;
    this.name = name;
    this.parent = parent;
    this.all = all;
  }

  /** Layers inside of it, from the bottom. */
  get children(): readonly FakeNode[] {
    return childrenOf(this, this.all);
  }

  get x(): number {
    return this.relativeTransform[0][2];
  }
  set x(value: number) {
    const [[a, c], down] = this.relativeTransform;
    this.relativeTransform = [[a, c, value], down];
  }

  get y(): number {
    return this.relativeTransform[1][2];
  }
  set y(value: number) {
    const [across, [b, d]] = this.relativeTransform;
    this.relativeTransform = [across, [b, d, value]];
  }

  /** Turned against the clock by `degrees` about its top left, then mirrored: its left and right change places. */
  turn(degrees: number, isMirrored = false): void {
    const angle = (degrees * Math.PI) / 180;
    const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
    const side = isMirrored ? -1 : 1;
    this.relativeTransform = [
      [side * cos, sin, this.x],
      // Without a zero of the other sign, which no layer has.
      [0 - side * sin, cos, this.y],
    ];
  }

  get absoluteTransform(): Affine {
    return chained(placesIn(this.parent), this.relativeTransform);
  }

  get absoluteBoundingBox(): Bounds {
    const { width, height } = this;
    return uprightBox(this.absoluteTransform, { x: 0, y: 0, width, height });
  }

  get absoluteRenderBounds(): Bounds | null {
    if (this.rendered === null || !isShown(this)) return null;
    return { ...this.absoluteBoundingBox, ...this.rendered };
  }

  /** As a designer drags it: it stays where it is seen, in front. */
  moveTo(parent: FakeParent): void {
    this.relativeTransform = chained(inverse(placesIn(parent)), this.absoluteTransform);
    this.rank = parent.children.length === 0 ? 0 : Math.max(...parent.children.map(({ rank }) => rank)) + 1;
    this.parent = parent;
    if (parent.type !== 'PAGE' && LOOSE.includes(parent.type)) (parent as FakeNode).#fit();
  }

  /** A group is as large as its layers. */
  #fit(): void {
    const edges = this.children.map((child) => {
      const { width, height } = child;
      return uprightBox(child.relativeTransform, { x: 0, y: 0, width, height });
    });
    [this.x, this.y] = [Math.min(...edges.map(({ x }) => x)), Math.min(...edges.map(({ y }) => y))];
    this.width = Math.max(...edges.map(({ x, width }) => x + width)) - this.x;
    this.height = Math.max(...edges.map(({ y, height }) => y + height)) - this.y;
  }

  remove(): void {
    for (const child of this.children) child.remove();
    this.removed = true;
  }

  getPluginData(key: string): string {
    return this.data.get(key) ?? '';
  }

  setPluginData(key: string, value: string): void {
    if (key.length + value.length > 100_000) refuse('setPluginData', 'an entry is limited to 100 kB');
    if (value === '') this.data.delete(key);
    else this.data.set(key, value);
  }

  setRelaunchData(data: Record<string, string>): void {
    this.relaunch = data;
  }

  resize(width: number, height: number): void {
    Object.assign(this, { width, height });
  }

  async setFillStyleIdAsync(styleId: string): Promise<void> {
    this.fillStyleId = styleId;
  }

  async setFillsAsync(fills: Fills): Promise<void> {
    this.fills = fills;
  }

  async exportAsync(settings: PngExport): Promise<Uint8Array> {
    if (this.name === 'Empty' || !this.visible)
      refuse('exportAsync', 'This node may not have any visible layers');
    if (this.name === 'Endless') return new Promise(() => {});
    this.exports.push(settings);
    const { width, height } = this.drawn ?? this.absoluteRenderBounds ?? this;
    const { type, value } = settings.constraint;
    const scale = value / (type === 'WIDTH' ? width : height);
    return pngHeader(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
  }
}

/** From the pixels in which places of layers are told to the page's. */
function placesIn(parent: FakeParent): Affine {
  if (parent.type === 'PAGE') return UPRIGHT;
  const frame = parent as FakeNode;
  return LOOSE.includes(frame.type) ? placesIn(frame.parent) : frame.absoluteTransform;
}

function isShown({ visible, parent }: FakeNode): boolean {
  return visible && (parent.type === 'PAGE' || isShown(parent as FakeNode));
}

export function childrenOf(parent: FakeParent, all: readonly FakeNode[]): readonly FakeNode[] {
  const inside = all.filter((node) => node.parent === parent && !node.removed);
  return inside.sort((a, b) => a.rank - b.rank);
}
