import type { NodeRecord, NodeType } from '../document/node-record.ts';
import type { DocumentAccess } from './document-access.ts';
import { refusal, sharedKey, withEntry } from './node-checks.ts';

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

  get children(): readonly NodeHandle[] {
    this.now('get_children');
    const children = this.document.scene.children(this.id);
    return children.map(({ id }) => this.document.handle(id) as NodeHandle);
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
