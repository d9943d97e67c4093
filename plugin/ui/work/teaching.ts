import { type Signal, signal } from '@preact/signals';
import { exportSide } from '../../../shared/geometry.ts';
import { pngSize } from '../../../shared/image-kind.ts';
import { encodeFrame } from '../../../shared/protocol/image-frame.ts';
import type { ModelSummary, ServerMessage } from '../../../shared/protocol/server-messages.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import type { CanvasBridge } from '../canvas/bridge.ts';
import { enteredRights } from '../concepts/concept-edit.ts';
import type { CompanionConnection } from '../connection/companion.ts';
import { newImageId, newJobId, type TeachDraft } from './drafts.ts';

/** The state of references on their way to the companion, before there is a job. */
export type Sending =
  | { readonly state: 'idle' }
  | { readonly state: 'sending'; readonly sent: number; readonly total: number }
  | { readonly state: 'failed'; readonly report: ErrorReport; readonly frame: string | null };

/** A companion on this computer answers in a moment; it may be decoding a large picture. */
const RECEIPT_MS = 20_000;
/** As the protocol's labels. */
const LONGEST_NAME = 200;

/** Sends frames, one after the other, and asks for them to be taught. */
export class Teaching {
  readonly sending: Signal<Sending> = signal({ state: 'idle' });
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  #receipt: ((report: ErrorReport | undefined) => void) | undefined;
  #awaited = '';

  constructor(bridge: CanvasBridge, companion: CompanionConnection) {
    this.#bridge = bridge;
    this.#companion = companion;
  }

  /** The new job's id; undefined where it failed, and `sending` has the reason. */
  async teach(
    draft: TeachDraft,
    nodeIds: readonly string[],
    model: ModelSummary,
  ): Promise<string | undefined> {
    this.sending.value = { state: 'sending', sent: 0, total: nodeIds.length };
    const frames = await requestFrames(this.#bridge, nodeIds, exportSide(model.resolution));
    if (frames.length < nodeIds.length) return this.#fail(notExported, null);
    const images: string[] = [];
    for (const frame of frames) {
      const image = newImageId();
      const failure = await this.#upload(image, frame);
      if (failure !== undefined) return this.#fail(failure, frame.name);
      images.push(image);
      this.sending.value = { state: 'sending', sent: images.length, total: nodeIds.length };
    }
    const job = newJobId();
    const { name, classWord, mirror, steps } = draft;
    const rights = enteredRights(draft);
    this.#companion.send({
      type: 'teach',
      job,
      name,
      classWord: classWord.trim(),
      images,
      mirror,
      ...(steps === null ? {} : { steps }),
      ...(Object.keys(rights).length === 0 ? {} : { rights }),
    });
    this.sending.value = { state: 'idle' };
    return job;
  }

  receive(message: ServerMessage): void {
    if (message.type === 'image-received' && message.image === this.#awaited) this.#receipt?.(undefined);
    if (message.type === 'error' && message.image === this.#awaited) {
      const { code, message: text, advice } = message;
      this.#receipt?.({ code, message: text, advice });
    }
  }

  /** The connection is gone, and with it whatever was on its way. */
  interrupt(): void {
    this.#receipt?.(unanswered);
  }

  #upload(image: string, { name, bytes }: ExportedFrame): Promise<ErrorReport | undefined> {
    this.#awaited = image;
    const header = { kind: 'upload', image, mediaType: 'image/png', ...pngSize(bytes) } as const;
    const label = name.slice(0, LONGEST_NAME) || 'Frame';
    this.#companion.sendFrame(encodeFrame({ header: { ...header, name: label }, payload: bytes }));
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(unanswered), RECEIPT_MS);
      this.#receipt = (failure) => {
        clearTimeout(timer);
        resolve(failure);
      };
    });
  }

  #fail(failure: ErrorReport, frame: string | null): undefined {
    this.sending.value = { state: 'failed', report: failure, frame };
    return undefined;
  }
}

export interface ExportedFrame {
  readonly nodeId: string;
  readonly name: string;
  readonly bytes: Uint8Array;
}

/** Frames as PNGs, in the order asked for; those that the canvas could not render are left out. */
function requestFrames(
  bridge: CanvasBridge,
  nodeIds: readonly string[],
  longestSide: number,
): Promise<readonly ExportedFrame[]> {
  const exportId = newImageId();
  return new Promise((resolve) => {
    const frames: ExportedFrame[] = [];
    const stop = bridge.listen((message) => {
      if (message.type === 'exported' && message.exportId === exportId) {
        frames.push({ nodeId: message.nodeId, name: message.name, bytes: message.bytes });
      } else if (message.type === 'export-done' && message.exportId === exportId) {
        stop();
        resolve(frames);
      }
    });
    bridge.send({ type: 'export', exportId, nodeIds, longestSide });
  });
}

const unanswered: ErrorReport = {
  code: 'internal',
  message: 'the companion did not confirm a frame',
  advice: 'Check that the companion is running, then teach again.',
};

const notExported: ErrorReport = {
  code: 'image-format',
  message: 'a frame could not be exported',
  advice: 'Leave out frames that are empty or were deleted, then teach again.',
};
