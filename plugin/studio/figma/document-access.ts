import type { NodeRecord } from '../document/node-record.ts';
import type { Scene } from '../document/scene.ts';
import type { SandboxHost } from './sandbox-host.ts';

/**
 * DocumentAccess: the part of the sandbox's document that handles of its nodes use. Apart from SandboxDocument, which
 * makes the handles and so imports them.
 */
export interface DocumentAccess {
  readonly scene: Scene;
  readonly host: SandboxHost;
  readonly pluginId: string;
  /** Ids of the selected nodes. */
  readonly selection: readonly string[];
  /** The NodeHandle of a node, the same one each time; undefined where there is no such node. */
  handle(id: string): object | undefined;
  edit(id: string, after: Partial<NodeRecord>): void;
  remove(id: string): void;
  select(ids: readonly string[]): void;
  /** @throws Error once the plugin was closed */
  mustBeOpen(): void;
}
