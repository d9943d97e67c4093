import type { NodeRecord, NodeType, Paint, PictureTransform } from '../document/node-record.ts';
import type { Box } from '../document/transform.ts';
import { adopt } from './adoption.ts';
import type { DocumentAccess } from './document-access.ts';
import { exportSize } from './export-size.ts';
import { EXPORT_MAX_SIDE, NODE_MIN_SIZE } from './limits.ts';
import { checkedBlendMode, checkedPaints, finite, refusal, sharedKey, withEntry } from './node-checks.ts';
import type { ExportRequest } from './sandbox-link.ts';

/** Name, parent and plugin data, which every node has. Reads give copies; only assigning changes the document. */
export class NodeHandle {
  protected readonly document: DocumentAccess;
  readonly id: string;
  readonly type: NodeType;

  constructor(document: DocumentAccess, id: string, type: NodeType) {
    this.document = document;
    this.id = id;
    this.type = type;
    Object.defineProperty(this, 'document', { enumerable: false });
  }

  /** The node as it is now; Figma throws for one that was deleted, whoever deleted it. */
  protected now(call: string): NodeRecord {
    this.document.mustBeOpen();
    const node = this.document.scene.get(this.id);
    if (!node) throw refusal(call, `The node with id "${this.id}" does not exist`);
    return node;
  }

  protected edit(call: string, after: Partial<NodeRecord>): void {
    this.now(call);
    this.document.edit(this.id, after);
  }

  get removed(): boolean {
    return this.document.scene.get(this.id) === undefined;
  }

  get name(): string {
    return this.now('get_name').name;
  }
  set name(value: string) {
    if (typeof value !== 'string') throw refusal('set_name', `expected a string, got ${typeof value}`);
    this.edit('set_name', { name: value });
  }

  get parent(): NodeHandle | null {
    const { parentId } = this.now('get_parent');
    return parentId ? ((this.document.handle(parentId) as NodeHandle | undefined) ?? null) : null;
  }

  get children(): readonly SceneNodeHandle[] {
    this.now('get_children');
    const children = this.document.scene.children(this.id);
    return children.map(({ id }) => this.document.handle(id) as SceneNodeHandle);
  }

  getPluginData(key: string): string {
    return this.now('getPluginData').pluginData[key] ?? '';
  }
  setPluginData(key: string, value: string): void {
    const { pluginData } = this.now('setPluginData');
    const entries = withEntry(pluginData, key, value, 'setPluginData', this.document.pluginId);
    this.edit('setPluginData', { pluginData: entries });
  }
  getPluginDataKeys(): string[] {
    return Object.keys(this.now('getPluginDataKeys').pluginData);
  }

  getSharedPluginData(namespace: string, key: string): string {
    const name = sharedKey(namespace, key, 'getSharedPluginData');
    return this.now('getSharedPluginData').sharedPluginData[name] ?? '';
  }
  setSharedPluginData(namespace: string, key: string, value: string): void {
    const { sharedPluginData } = this.now('setSharedPluginData');
    const name = sharedKey(namespace, key, 'setSharedPluginData');
    const entries = withEntry(sharedPluginData, name, value, 'setSharedPluginData', '');
    this.edit('setSharedPluginData', { sharedPluginData: entries });
  }

  getRelaunchData(): Record<string, string> {
    return { ...this.now('getRelaunchData').relaunch };
  }
  /** Replaces all earlier entries, as in Figma. */
  setRelaunchData(data: Readonly<Record<string, string>>): void {
    this.edit('setRelaunchData', { relaunch: { ...data } });
  }

  toString(): string {
    return `${this.type} ${this.id}`;
  }
}

/** Frames and rectangles. */
export class SceneNodeHandle extends NodeHandle {
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
