import { adopt } from './adoption.ts';
import type { DocumentAccess } from './document-access.ts';
import { refusal } from './node-checks.ts';
import { NodeHandle } from './node-handle.ts';
import { SceneNodeHandle } from './scene-node-handle.ts';

export interface NodeCriteria {
  readonly types?: readonly string[];
  /** Nodes that carry one of these keys; without keys, any of this plugin's. */
  readonly pluginData?: { readonly keys?: readonly string[] };
}

export class PageHandle extends NodeHandle {
  constructor(document: DocumentAccess, id: string) {
    super(document, id, 'PAGE');
  }

  override get children(): readonly SceneNodeHandle[] {
    return super.children as readonly SceneNodeHandle[];
  }

  /** A copy: pushing to it selects nothing. */
  get selection(): readonly SceneNodeHandle[] {
    this.now('get_selection');
    return this.document.selection.flatMap((id) => {
      const handle = this.document.handle(id);
      return handle instanceof SceneNodeHandle ? [handle] : [];
    });
  }
  set selection(nodes: readonly SceneNodeHandle[]) {
    if (!Array.isArray(nodes)) throw refusal('set_selection', 'expected an array of nodes');
    for (const node of nodes) {
      if (!(node instanceof SceneNodeHandle)) throw refusal('set_selection', 'expected nodes of this page');
      if (node.removed) throw refusal('set_selection', `The node with id "${node.id}" does not exist`);
    }
    this.document.select(nodes.map(({ id }) => id));
  }

  appendChild(child: SceneNodeHandle): void {
    adopt(this.document, this, child);
  }

  insertChild(index: number, child: SceneNodeHandle): void {
    adopt(this.document, this, child, index);
  }

  /** The studio's one page is always there. */
  async loadAsync(): Promise<void> {
    this.now('loadAsync');
  }

  findAll(wanted: (node: SceneNodeHandle) => boolean = () => true): SceneNodeHandle[] {
    this.now('findAll');
    const inside = this.document.scene.subtree(this.id).slice(1);
    return inside.map(({ id }) => this.document.handle(id) as SceneNodeHandle).filter(wanted);
  }

  findOne(wanted: (node: SceneNodeHandle) => boolean): SceneNodeHandle | null {
    return this.findAll(wanted)[0] ?? null;
  }

  findAllWithCriteria(criteria: NodeCriteria): SceneNodeHandle[] {
    const { types, pluginData } = criteria;
    return this.findAll((node) => {
      const keys = node.getPluginDataKeys();
      const ofType = types === undefined || types.includes(node.type);
      const wanted = pluginData?.keys;
      return ofType && (pluginData === undefined || (wanted ?? keys).some((key) => keys.includes(key)));
    });
  }
}
