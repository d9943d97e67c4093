/** FillDriver: what the panel asks of the main thread for a layer that pictures fill, against the plugin-API test double. */

import type { FillPlan } from '../../../plugin/layout-messages.ts';
import { pngHeader } from '../../studio/sandbox.ts';
import { FakeFigma } from './fake-figma.ts';
import type { FakeNode } from './fake-node.ts';

interface Paint {
  readonly imageHash?: string;
  readonly visible?: boolean;
}

export class FillDriver {
  readonly figma = new FakeFigma();
  #jobs = 0;

  /** What is selected, as the panel is told. */
  layout(...selected: readonly FakeNode[]) {
    this.figma.selection = selected;
    return this.figma.tell({ type: 'read-layout' }, 'layout');
  }

  /** A job's pictures, without their end. */
  async make(
    layer: FakeNode,
    plan: Partial<FillPlan> & { count?: number; size?: readonly [number, number] } = {},
  ) {
    const { count = 2, size = [600, 300], place = null } = plan;
    const jobId = `job-${++this.#jobs}`;
    const names = Array.from({ length: count }, (_, index) => `Variant ${index}`);
    const fill = { nodeId: layer.id, place };
    await this.figma.tell({ type: 'open-batch', jobId, names, width: 1, height: 1, fill }, 'batch');
    for (let index = 0; index < count; index++) {
      const record = JSON.stringify({ format: 1, job: jobId, picture: index, seed: index });
      const bytes = pngHeader(...size) as Uint8Array<ArrayBuffer>;
      await this.figma.tell({ type: 'picture', jobId, index, kind: 'final', bytes, record }, 'picture-done');
    }
    return { jobId, end: () => this.figma.post({ type: 'close-batch', jobId }) };
  }

  async fill(layer: FakeNode, plan: Parameters<FillDriver['make']>[1] = {}): Promise<string> {
    const { jobId, end } = await this.make(layer, plan);
    await end();
    return jobId;
  }

  choose(layer: FakeNode, jobId: string, index: number) {
    return this.figma.tell({ type: 'choose-fill', nodeId: layer.id, jobId, index }, 'layout');
  }

  /** Hashes of the pictures that can be seen. */
  static shown({ fills }: FakeNode): readonly string[] {
    const pictures = (fills as readonly Paint[]).filter(
      ({ imageHash, visible }) => imageHash && visible !== false,
    );
    return pictures.map(({ imageHash }) => imageHash!);
  }
}
