/** Frames on their way to the companion: whatever canvas and companion do, sending ends. */

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { MainToUi, UiToMain } from '../../../plugin/messages.ts';
import type { CanvasBridge } from '../../../plugin/ui/canvas/bridge.ts';
import type { CompanionConnection } from '../../../plugin/ui/connection/companion.ts';
import { EMPTY_TEACH } from '../../../plugin/ui/work/drafts.ts';
import { Teaching } from '../../../plugin/ui/work/teach/teaching.ts';
import type { ClientMessage } from '../../../shared/protocol/client-messages.ts';
import { decodeFrame } from '../../../shared/protocol/image-frame.ts';
import type { ModelSummary } from '../../../shared/protocol/server-messages.ts';
import { pngHeader } from '../../studio/sandbox.ts';

/** Longer than any wait. */
const A_WHILE_MS = 600_000;

/** A canvas and a companion that do what each test tells them. */
class Surroundings {
  readonly asked: ClientMessage[] = [];
  readonly uploads: string[] = [];
  readonly #listeners = new Set<(message: MainToUi) => void>();
  #exportId = '';
  readonly teaching = new Teaching(
    {
      listen: (listener: (message: MainToUi) => void) => {
        this.#listeners.add(listener);
        return () => this.#listeners.delete(listener);
      },
      send: (message: UiToMain) => {
        if (message.type === 'export') this.#exportId = message.exportId;
      },
    } as unknown as CanvasBridge,
    {
      send: (message: ClientMessage) => void this.asked.push(message),
      sendFrame: (bytes: Uint8Array) => {
        const { header } = decodeFrame(bytes);
        if (header.kind === 'upload') this.uploads.push(header.image);
      },
    } as unknown as CompanionConnection,
  );

  teach(...nodeIds: readonly string[]): Promise<string | undefined> {
    const draft = { ...EMPTY_TEACH, name: 'aurora', classWord: 'pen' };
    return this.teaching.teach(draft, nodeIds, { resolution: 128 } as ModelSummary);
  }

  say(message: MainToUi): void {
    for (const listener of this.#listeners) listener(message);
  }

  export(nodeId: string, width: number, height: number): void {
    const bytes = width === 0 ? new Uint8Array() : pngHeader(width, height);
    this.say({ type: 'exported', exportId: this.#exportId, nodeId, name: `Layer ${nodeId}`, bytes });
  }

  done(failed: Extract<MainToUi, { type: 'export-done' }>['failed'] = []): void {
    this.say({ type: 'export-done', exportId: this.#exportId, failed });
  }

  get sending() {
    return this.teaching.sending.value;
  }
}

let around: Surroundings;
beforeEach(() => {
  vi.useFakeTimers();
  around = new Surroundings();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('sending ends', () => {
  it('in a job, once all frames are confirmed', async () => {
    const job = around.teach('1');
    around.export('1', 26, 512);
    around.done();
    await expect.poll(() => around.uploads).toHaveLength(1);
    around.teaching.receive({ type: 'image-received', image: around.uploads[0]! });
    expect(await job).toMatch(/^job-/);
    expect(around.sending).toEqual({ state: 'idle' });
    expect(around.asked).toMatchObject([{ type: 'teach', images: around.uploads }]);
  });

  it.each([
    ['of more pixels than the protocol takes', 512, 10_240],
    ['that is no picture', 0, 0],
  ])('where a frame is one %s, by its name', async (_what, width, height) => {
    const job = around.teach('1');
    around.export('1', width, height);
    around.done();
    expect(await job).toBeUndefined();
    expect(around.sending).toMatchObject({
      state: 'failed',
      frame: 'Layer 1',
      report: { code: 'image-size' },
    });
  });

  it('where the canvas cannot export some, by their names', async () => {
    const job = around.teach('1', '2', '3');
    around.export('2', 512, 512);
    around.done([
      { nodeId: '1', name: 'Pen', fault: 'empty' },
      { nodeId: '3', name: 'Cap', fault: 'slow' },
    ]);
    expect(await job).toBeUndefined();
    expect(around.sending).toMatchObject({
      state: 'failed',
      frame: 'Pen”, “Cap',
      report: { advice: expect.stringMatching(/^Nothing of it is visible/) },
    });
  });

  it('where the canvas falls silent', async () => {
    const job = around.teach('1', '2');
    around.export('1', 512, 512);
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(await job).toBeUndefined();
    expect(around.sending).toMatchObject({ state: 'failed', report: { code: 'image-format' } });
  });

  it('where the companion does not confirm', async () => {
    const job = around.teach('1');
    around.export('1', 512, 512);
    around.done();
    await vi.advanceTimersByTimeAsync(A_WHILE_MS);
    expect(await job).toBeUndefined();
    expect(around.sending).toMatchObject({ state: 'failed', frame: 'Layer 1' });
  });

  it('when it is cancelled, and nothing is taught of it later', async () => {
    const cancelled = around.teach('1');
    around.teaching.cancel();
    expect(around.sending).toEqual({ state: 'idle' });
    around.export('1', 512, 512);
    around.done();
    expect(await cancelled).toBeUndefined();

    const waiting = around.teach('2');
    around.export('2', 512, 512);
    around.done();
    await expect.poll(() => around.uploads).toHaveLength(1);
    around.teaching.cancel();
    expect(await waiting).toBeUndefined();
    expect(around.sending).toEqual({ state: 'idle' });
    expect(around.asked).toEqual([]);
  });
});
