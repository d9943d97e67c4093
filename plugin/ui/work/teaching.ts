import { type Signal, signal } from '@preact/signals';
import { exportSide } from '../../../shared/geometry.ts';
import { pngSize } from '../../../shared/image-kind.ts';
import { encodeFrame } from '../../../shared/protocol/image-frame.ts';
import type { ModelSummary, ServerMessage } from '../../../shared/protocol/server-messages.ts';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import type { ExportFault, FailedExport } from '../../messages.ts';
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
/** The canvas ends each export within two minutes; silence for longer means that its half of the plugin is gone. */
const CANVAS_MS = 150_000;
/** As the protocol's labels. */
const LONGEST_NAME = 200;

/** Sends frames, one after the other, and asks for them to be taught. Sending always ends: in a job, failed or cancelled. */
export class Teaching {
  readonly sending: Signal<Sending> = signal({ state: 'idle' });
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  #receipt: ((report: ErrorReport | undefined) => void) | undefined;
  #awaited = '';
  /** Number of the sending under way; a later one has another. */
  #turn = 0;

  constructor(bridge: CanvasBridge, companion: CompanionConnection) {
    this.#bridge = bridge;
    this.#companion = companion;
  }

  /** The new job's id; undefined where it failed, and `sending` has the reason, or was cancelled. */
  async teach(
    draft: TeachDraft,
    nodeIds: readonly string[],
    model: ModelSummary,
  ): Promise<string | undefined> {
    const turn = ++this.#turn;
    this.sending.value = { state: 'sending', sent: 0, total: nodeIds.length };
    const { frames, failed } = await exportedFrames(this.#bridge, nodeIds, exportSide(model.resolution));
    if (turn !== this.#turn) return undefined;
    if (failed.length > 0) return this.#fail(...exportFailure(failed));
    const images: string[] = [];
    for (const frame of frames) {
      const image = newImageId();
      const failure = await this.#upload(image, frame);
      if (turn !== this.#turn) return undefined;
      if (failure !== undefined) return this.#fail(failure, frame.name);
      images.push(image);
      this.sending.value = { state: 'sending', sent: images.length, total: nodeIds.length };
    }
    this.sending.value = { state: 'idle' };
    return this.#ask(draft, images);
  }

  /** Stops the sending under way; what was sent is forgotten by the companion in its time. */
  cancel(): void {
    this.#turn++;
    this.sending.value = { state: 'idle' };
    this.#receipt?.(undefined);
  }

  #ask(draft: TeachDraft, images: string[]): string {
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

  async #upload(image: string, { name, bytes }: ExportedFrame): Promise<ErrorReport | undefined> {
    this.#awaited = image;
    const label = name.slice(0, LONGEST_NAME) || 'Frame';
    try {
      const header = { kind: 'upload', image, mediaType: 'image/png', ...pngSize(bytes) } as const;
      this.#companion.sendFrame(encodeFrame({ header: { ...header, name: label }, payload: bytes }));
    } catch {
      // Larger than the protocol takes, or no picture at all.
      return unsendable;
    }
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

/**
 * Frames as PNGs, in the order asked for, and those that the canvas could not render. Where the canvas falls silent, what
 * it did not answer failed.
 */
function exportedFrames(
  bridge: CanvasBridge,
  nodeIds: readonly string[],
  longestSide: number,
): Promise<{ readonly frames: readonly ExportedFrame[]; readonly failed: readonly FailedExport[] }> {
  const exportId = newImageId();
  return new Promise((resolve) => {
    const frames: ExportedFrame[] = [];
    const end = (failed: readonly FailedExport[]) => {
      clearTimeout(silence);
      stop();
      resolve({ frames, failed });
    };
    const endInSilence = () => {
      const answered = frames.map(({ nodeId }) => nodeId);
      const missing = nodeIds.filter((nodeId) => !answered.includes(nodeId));
      end(missing.map((nodeId) => ({ nodeId, name: '', fault: 'slow' })));
    };
    let silence = setTimeout(endInSilence, CANVAS_MS);
    const stop = bridge.listen((message) => {
      if (message.type === 'exported' && message.exportId === exportId) {
        frames.push({ nodeId: message.nodeId, name: message.name, bytes: message.bytes });
        clearTimeout(silence);
        silence = setTimeout(endInSilence, CANVAS_MS);
      } else if (message.type === 'export-done' && message.exportId === exportId) end(message.failed);
    });
    bridge.send({ type: 'export', exportId, nodeIds, longestSide });
  });
}

/** The report on frames that the canvas did not export, and their names. */
function exportFailure(failed: readonly FailedExport[]): [report: ErrorReport, frame: string | null] {
  const [{ fault }] = failed as [FailedExport];
  const names = failed.map(({ name }) => name).filter((name) => name !== '');
  const report: ErrorReport = {
    code: 'image-format',
    message: `a frame could not be exported (${fault})`,
    advice: EXPORT_ADVICE[fault],
  };
  return [report, names.length === 0 ? null : names.join('”, “')];
}

const EXPORT_ADVICE: Readonly<Record<ExportFault, string>> = {
  gone: 'It was deleted meanwhile. Select the frames again.',
  empty: 'Nothing of it is visible. Show its layers, or leave it out, then teach again.',
  slow: 'Its export did not end. Leave it out, or put a flattened copy in its place, then teach again.',
  failed: 'Figma cannot export it. Leave it out, or put its picture into a new frame, then teach again.',
};

const unanswered: ErrorReport = {
  code: 'internal',
  message: 'the companion did not confirm a frame',
  advice: 'Check that the companion is running, then teach again.',
};

const unsendable: ErrorReport = {
  code: 'image-size',
  message: 'It is larger than the companion takes.',
  advice: 'Put it into a frame of its own, without what lies far outside, then teach again.',
};
