import type { Paint, PictureTransform } from '../document/node-record.ts';
import { type Box, toParent } from '../document/transform.ts';
import { adopt } from './adoption.ts';
import { exportSize } from './export-size.ts';
import { EXPORT_MAX_SIDE, NODE_MIN_SIZE } from './limits.ts';
import { checkedBlendMode, checkedPaints, finite, refusal, turnedTo } from './node-checks.ts';
import { NodeHandle } from './node-handle.ts';
import type { ExportRequest } from './sandbox-link.ts';

/** Frames and rectangles. */
export class SceneNodeHandle extends NodeHandle {
  override get children(): readonly SceneNodeHandle[] {
    return super.children as readonly SceneNodeHandle[];
  }

  get x(): number {
    return this.now('get_x').x;
  }
  set x(value: number) {
    this.edit('set_x', { x: finite(value, 'set_x') });
  }

  get y(): number {
    return this.now('get_y').y;
  }
  set y(value: number) {
    this.edit('set_y', { y: finite(value, 'set_y') });
  }

  get width(): number {
    return this.now('get_width').width;
  }
  get height(): number {
    return this.now('get_height').height;
  }
  resize(width: number, height: number): void {
    for (const side of [width, height]) {
      if (finite(side, 'resize') < NODE_MIN_SIZE) {
        throw refusal('resize', `${side} is below the smallest size, ${NODE_MIN_SIZE}`);
      }
    }
    this.edit('resize', { width, height });
  }
  resizeWithoutConstraints(width: number, height: number): void {
    this.resize(width, height);
  }

  get absoluteBoundingBox(): Box {
    return this.document.scene.bounds(this.now('get_absoluteBoundingBox'));
  }
  get absoluteTransform(): PictureTransform {
    const [a, b, c, d, e, f] = this.document.scene.transform(this.now('get_absoluteTransform'));
    return [
      [a, c, e],
      [b, d, f],
    ];
  }
  /** From the node's own pixels to those of its parent; the page's for a node that lies on it. */
  get relativeTransform(): PictureTransform {
    const [a, b, c, d, e, f] = toParent(this.now('get_relativeTransform'));
    return [
      [a, c, e],
      [b, d, f],
    ];
  }
  set relativeTransform(value: PictureTransform) {
    this.edit('set_relativeTransform', turnedTo(value));
  }
  get absoluteRenderBounds(): Box | null {
    return this.document.scene.renderBounds(this.now('get_absoluteRenderBounds')) ?? null;
  }

  get rotation(): number {
    return this.now('get_rotation').rotation ?? 0;
  }
  set rotation(value: number) {
    this.edit('set_rotation', { rotation: finite(value, 'set_rotation') });
  }

  get fills(): readonly Paint[] {
    return structuredClone(this.now('get_fills').fills);
  }
  set fills(value: readonly Paint[]) {
    this.edit('set_fills', { fills: checkedPaints(value, 'set_fills') });
  }

  get strokes(): readonly Paint[] {
    return structuredClone(this.now('get_strokes').strokes);
  }
  set strokes(value: readonly Paint[]) {
    this.edit('set_strokes', { strokes: checkedPaints(value, 'set_strokes') });
  }

  get strokeWeight(): number {
    return this.now('get_strokeWeight').strokeWeight;
  }
  set strokeWeight(value: number) {
    this.edit('set_strokeWeight', { strokeWeight: finite(value, 'set_strokeWeight') });
  }

  get dashPattern(): readonly number[] {
    return [...this.now('get_dashPattern').dashPattern];
  }
  set dashPattern(value: readonly number[]) {
    this.edit('set_dashPattern', { dashPattern: [...value] });
  }

  get cornerRadius(): number {
    return this.now('get_cornerRadius').cornerRadius;
  }
  set cornerRadius(value: number) {
    this.edit('set_cornerRadius', { cornerRadius: finite(value, 'set_cornerRadius') });
  }

  get opacity(): number {
    return this.now('get_opacity').opacity;
  }
  set opacity(value: number) {
    this.edit('set_opacity', { opacity: Math.min(1, Math.max(0, finite(value, 'set_opacity'))) });
  }

  get blendMode(): string {
    return this.now('get_blendMode').blendMode ?? 'NORMAL';
  }
  set blendMode(value: string) {
    this.edit('set_blendMode', { blendMode: checkedBlendMode(value) });
  }

  get visible(): boolean {
    return this.now('get_visible').visible;
  }
  set visible(value: boolean) {
    this.edit('set_visible', { visible: value });
  }

  get locked(): boolean {
    return this.now('get_locked').locked;
  }
  set locked(value: boolean) {
    this.edit('set_locked', { locked: value });
  }

  get clipsContent(): boolean {
    return this.now('get_clipsContent').clipsContent;
  }
  set clipsContent(value: boolean) {
    this.edit('set_clipsContent', { clipsContent: value });
  }

  appendChild(child: SceneNodeHandle): void {
    adopt(this.document, this, child);
  }
  insertChild(index: number, child: SceneNodeHandle): void {
    adopt(this.document, this, child, index);
  }

  remove(): void {
    this.now('remove');
    this.document.remove(this.id);
  }

  async exportAsync(settings: Partial<ExportRequest> & { colorProfile?: string } = {}): Promise<Uint8Array> {
    const node = this.now('exportAsync');
    const { format = 'PNG', constraint = { type: 'SCALE', value: 1 } } = settings;
    if (format !== 'PNG' && format !== 'JPG') {
      throw refusal('exportAsync', `format ${String(format)} is none that the studio exports (PNG, JPG)`);
    }
    if (!(constraint.value > 0))
      throw refusal('exportAsync', `constraint ${constraint.value} is not positive`);
    const seen = this.document.scene.renderBounds(node);
    if (!seen)
      throw refusal('exportAsync', 'Failed to export node. This node may not have any visible layers.');
    const { width, height } = exportSize(seen, constraint);
    if (Math.max(width, height) > EXPORT_MAX_SIDE) {
      throw refusal('exportAsync', `the picture would be larger than ${EXPORT_MAX_SIDE} px a side`);
    }
    return this.document.host.export(this.id, { format, constraint: { ...constraint } });
  }
}
