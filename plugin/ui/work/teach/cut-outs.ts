import { type Signal, signal } from '@preact/signals';
import { routes } from '../../../../shared/protocol/http.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import type { CanvasBridge } from '../../canvas/bridge.ts';
import { exportedFrames, exportFailure } from '../../canvas/frame-export.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { RequestFailure } from '../../connection/companion-http.ts';

/** Longest side of a photo that is sent, in image pixels: as large as the companion gives it back. */
const PHOTO_SIDE = 2048;

/** A frame without its background, to be looked at and corrected. */
export interface CutOut {
  readonly nodeId: string;
  readonly name: string;
  /** PNG of the frame as it was. */
  readonly photo: Blob;
  /** PNG with alpha; another one after each correction. */
  readonly image: Blob;
}

export type CutOutState =
  | { readonly state: 'idle' }
  | { readonly state: 'working'; readonly done: number; readonly total: number }
  | { readonly state: 'review'; readonly cutOuts: readonly CutOut[]; readonly shown: number }
  | { readonly state: 'failed'; readonly report: ErrorReport; readonly frame: string | null };

/** Backgrounds of frames, removed by the companion one after the other, and the results put beside the frames. */
export class CutOuts {
  readonly state: Signal<CutOutState> = signal({ state: 'idle' });
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  /** Number of the run under way; a later one has another. */
  #turn = 0;

  constructor(bridge: CanvasBridge, companion: CompanionConnection) {
    this.#bridge = bridge;
    this.#companion = companion;
  }

  async start(nodeIds: readonly string[]): Promise<void> {
    const turn = ++this.#turn;
    this.state.value = { state: 'working', done: 0, total: nodeIds.length };
    const { frames, failed } = await exportedFrames(this.#bridge, nodeIds, PHOTO_SIDE);
    if (turn !== this.#turn) return;
    if (failed.length > 0) {
      const [report, frame] = exportFailure(failed);
      this.state.value = { state: 'failed', report, frame };
      return;
    }
    const cutOuts: CutOut[] = [];
    for (const { nodeId, name, bytes } of frames) {
      const photo = new Blob([new Uint8Array(bytes)], { type: 'image/png' });
      const image = await this.#cutOut(photo, name);
      if (turn !== this.#turn || image === undefined) return;
      cutOuts.push({ nodeId, name, photo, image });
      this.state.value = { state: 'working', done: cutOuts.length, total: nodeIds.length };
    }
    this.state.value = { state: 'review', cutOuts, shown: 0 };
  }

  cancel(): void {
    this.#turn++;
    this.state.value = { state: 'idle' };
  }

  show(index: number): void {
    const { value } = this.state;
    if (value.state === 'review') this.state.value = { ...value, shown: index };
  }

  /** Takes a corrected picture in the place of the one before. */
  correct(nodeId: string, image: Blob): void {
    const { value } = this.state;
    if (value.state !== 'review') return;
    const cutOuts = value.cutOuts.map((one) => (one.nodeId === nodeId ? { ...one, image } : one));
    this.state.value = { ...value, cutOuts };
  }

  /** Beside their frames, in one step of undo; the canvas selects them, so that they are taught next. */
  async place(): Promise<void> {
    const { value } = this.state;
    if (value.state !== 'review') return;
    this.#turn++;
    this.state.value = { state: 'idle' };
    for (const [index, { nodeId, name, image }] of value.cutOuts.entries()) {
      const bytes = new Uint8Array(await image.arrayBuffer());
      const isLast = index === value.cutOuts.length - 1;
      this.#bridge.send({ type: 'place-cut-out', nodeId, name: `${name} cut-out`, bytes, isLast });
    }
  }

  async #cutOut(photo: Blob, frame: string): Promise<Blob | undefined> {
    try {
      return await this.#companion.blob(routes.cutOuts, { method: 'POST', file: photo });
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.#turn++;
      this.state.value = { state: 'failed', report: error.report, frame };
      return undefined;
    }
  }
}
