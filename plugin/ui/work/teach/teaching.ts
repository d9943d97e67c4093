import { type Signal, signal } from '@preact/signals';
import { exportSide } from '../../../../shared/geometry.ts';
import { pngSize } from '../../../../shared/image-kind.ts';
import type { ConceptId } from '../../../../shared/protocol/ids.ts';
import { encodeFrame } from '../../../../shared/protocol/image-frame.ts';
import type { ModelSummary, ServerMessage } from '../../../../shared/protocol/server-messages.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import type { CanvasBridge } from '../../canvas/bridge.ts';
import { type ExportedFrame, exportedFrames, exportFailure } from '../../canvas/frame-export.ts';
import { enteredRights } from '../../concepts/concept-edit.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { newImageId, newJobId, type TeachDraft } from '../drafts.ts';
import { CutOuts } from './cut-outs.ts';

/** The state of references on their way to the companion, before there is a job. */
export type Sending =
  | { readonly state: 'idle' }
  | { readonly state: 'sending'; readonly sent: number; readonly total: number }
  | { readonly state: 'failed'; readonly report: ErrorReport; readonly frame: string | null };

/** A companion on this computer answers in a moment; it may be decoding a large picture. */
const RECEIPT_MS = 20_000;
/** As the protocol's labels. */
const LONGEST_NAME = 200;

/** Sends frames, one after the other, and asks for them to be taught. Sending always ends: in a job, failed or cancelled. */
export class Teaching {
  readonly sending: Signal<Sending> = signal({ state: 'idle' });
  /** Frames without their backgrounds, to be taught in their place. */
  readonly cutOuts: CutOuts;
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  #receipt: ((report: ErrorReport | undefined) => void) | undefined;
  #awaited = '';
  /** Number of the sending under way; a later one has another. */
  #turn = 0;

  constructor(bridge: CanvasBridge, companion: CompanionConnection) {
    this.cutOuts = new CutOuts(bridge, companion);
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
    const { name, classWord, mirror, keepReferences, steps, precision } = draft;
    const rights = enteredRights(draft);
    this.#companion.send({
      type: 'teach',
      job,
      name,
      classWord: classWord.trim(),
      images,
      mirror,
      keepReferences,
      ...(precision === null ? {} : { precision }),
      ...(steps === null ? {} : { steps }),
      ...(Object.keys(rights).length === 0 ? {} : { rights }),
    });
    return job;
  }

  /** Asks for a concept to be taught again, on the model in use, from the frames that it keeps; gives the new job's id. */
  again(concept: ConceptId): string {
    const job = newJobId();
    this.#companion.send({ type: 'teach-again', job, concept });
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
