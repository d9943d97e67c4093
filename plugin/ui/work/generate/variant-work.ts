/** VariantWork: what is made of a variant on the canvas: a larger one beside it, or its product alone. */

import { type Signal, signal } from '@preact/signals';
import type { CanvasSize } from '../../../../shared/geometry.ts';
import { routes } from '../../../../shared/protocol/http.ts';
import type { GenerateJobSpec, UpscaleFactor } from '../../../../shared/protocol/requests.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import type { SelectedFrame } from '../../../messages.ts';
import type { CanvasBridge } from '../../canvas/bridge.ts';
import { exportedFrames, exportFailure } from '../../canvas/frame-export.ts';
import type { VariantRecord } from '../../canvas/variant-record.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { RequestFailure } from '../../connection/companion-http.ts';
import { newImageId } from '../drafts.ts';

/** @param shown size on the canvas @returns the job */
type AskForPictures = (spec: GenerateJobSpec, shown: CanvasSize) => string;

type VariantWorkState =
  | { readonly state: 'idle' }
  | { readonly state: 'upscale' | 'product'; readonly nodeId: string }
  | { readonly state: 'failed'; readonly nodeId: string; readonly report: ErrorReport };

export class VariantWork {
  readonly state: Signal<VariantWorkState> = signal({ state: 'idle' });
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  readonly #ask: AskForPictures;

  constructor(bridge: CanvasBridge, companion: CompanionConnection, ask: AskForPictures) {
    this.#bridge = bridge;
    this.#companion = companion;
    this.#ask = ask;
  }

  /**
   * Beside the variant, as large on the canvas, and finer.
   * @param side longer side of the picture in pixels, for one that the companion has no more
   * @returns the job; undefined where it could not be asked for, and `state` says why
   */
  async upscale(
    frame: SelectedFrame,
    { job, picture, seed, request, concepts }: VariantRecord,
    { factor, side }: { readonly factor: UpscaleFactor; readonly side: number },
  ): Promise<string | undefined> {
    const { size, init, paint, product, placement, regions, keepRest, together, ...kept } = request;
    const asked = await this.#working('upscale', frame, async () => {
      const file = await this.#pictureOf(frame, routes.picture(job, picture), side);
      const image = newImageId();
      await this.#companion.blob(`${routes.image(image)}?use=paint`, { method: 'POST', file });
      const spec = { ...kept, concepts: [...concepts], count: 1, seed, upscale: { image, factor } };
      return this.#ask(spec, frame);
    });
    return asked;
  }

  /** Beside the variant, as large on the canvas, in one step of undo. */
  async placeProduct(frame: SelectedFrame, { job, picture }: VariantRecord, side: number): Promise<void> {
    const { nodeId, name } = frame;
    await this.#working('product', frame, async () => {
      const product = await this.#fetched(routes.product(job, picture));
      const file = product ?? (await this.#cutOut(frame, side));
      const bytes = new Uint8Array(await file.arrayBuffer());
      this.#bridge.send({ type: 'place-cut-out', nodeId, name: `${name} product`, bytes, isLast: true });
    });
  }

  /** A picture of a job that was removed is exported from the canvas, and the network tells its product. */
  async #cutOut(frame: SelectedFrame, side: number): Promise<Blob> {
    const file = await this.#exported(frame, side);
    return this.#companion.blob(routes.cutOuts, { method: 'POST', file });
  }

  async #pictureOf(frame: SelectedFrame, address: string, side: number): Promise<Blob> {
    return (await this.#fetched(address)) ?? this.#exported(frame, side);
  }

  /** Undefined where the companion has it no more. */
  async #fetched(address: string): Promise<Blob | undefined> {
    return this.#companion.blob(address).catch((error: unknown) => {
      if (error instanceof RequestFailure && error.report.code === 'job-unknown') return undefined;
      throw error;
    });
  }

  async #exported({ nodeId }: SelectedFrame, side: number): Promise<Blob> {
    const { frames, failed } = await exportedFrames(this.#bridge, [nodeId], side);
    const [frame] = frames;
    if (frame === undefined) throw new RequestFailure(exportFailure(failed)[0]);
    return new Blob([new Uint8Array(frame.bytes)], { type: 'image/png' });
  }

  async #working<T>(
    state: 'upscale' | 'product',
    { nodeId }: SelectedFrame,
    work: () => Promise<T>,
  ): Promise<T | undefined> {
    this.state.value = { state, nodeId };
    try {
      const result = await work();
      this.state.value = { state: 'idle' };
      return result;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.state.value = { state: 'failed', nodeId, report: error.report };
      return undefined;
    }
  }
}
