import { type Signal, signal } from '@preact/signals';
import type { FrameHeaderOf } from '../../../shared/protocol/frame-header.ts';
import type { ReceivedFrame } from '../connection/companion-socket.ts';

/** A long session's worth; beyond it the oldest are fetched again when they are looked at. */
const KEPT_PICTURES = 200;

export interface MaskView {
  readonly concept: string;
  readonly rows: number;
  readonly columns: number;
  /** [rows * columns], 0..255. */
  readonly values: Uint8Array;
  readonly confidence: number;
}

export interface PictureView {
  readonly kind: 'preview' | 'final';
  readonly url: string;
  readonly blob: Blob;
  readonly masks: readonly MaskView[];
}

/** Pictures as the UI shows them, by job and number. */
export class Pictures {
  readonly views: Signal<ReadonlyMap<string, PictureView>> = signal(new Map());
  /** Address of the newest validation image of a teaching job. */
  readonly validationImages: Signal<ReadonlyMap<string, { readonly url: string; readonly step: number }>> =
    signal(new Map());

  async receive({ header, payload, bytes }: ReceivedFrame): Promise<void> {
    switch (header.kind) {
      case 'preview':
        // A preview that arrives behind its final picture is out of date.
        if (this.get(header.job, header.picture)?.kind === 'final') return;
        this.#show(header.job, header.picture, 'preview', payload);
        return;
      case 'picture':
        this.#show(header.job, header.picture, 'final', payload);
        return;
      case 'mask':
        this.#addMask(header, await bytes());
        return;
      case 'sample': {
        const images = new Map(this.validationImages.value);
        release(images.get(header.job)?.url);
        const url = URL.createObjectURL(payload);
        this.validationImages.value = images.set(header.job, { url, step: header.step });
      }
    }
  }

  get(job: string, picture: number): PictureView | undefined {
    return this.views.value.get(tokenKey(job, picture));
  }

  /** A finished picture that was fetched. */
  add(job: string, picture: number, blob: Blob): void {
    if (this.get(job, picture)?.kind !== 'final') this.#show(job, picture, 'final', blob);
  }

  #show(job: string, picture: number, kind: PictureView['kind'], blob: Blob): void {
    const views = new Map(this.views.value);
    const key = tokenKey(job, picture);
    const before = views.get(key);
    release(before?.url);
    // Deleted first, so that the order of the map is the order of use.
    views.delete(key);
    views.set(key, { kind, url: URL.createObjectURL(blob), blob, masks: before?.masks ?? [] });
    const [oldest] = views.keys();
    if (views.size > KEPT_PICTURES && oldest !== undefined) {
      release(views.get(oldest)?.url);
      views.delete(oldest);
    }
    this.views.value = views;
  }

  #addMask(header: FrameHeaderOf<'mask'>, values: Uint8Array): void {
    const key = tokenKey(header.job, header.picture);
    const view = this.views.value.get(key);
    if (view === undefined) return;
    const { concept, rows, columns, confidence } = header;
    const mask = { concept, rows, columns, confidence, values };
    const masks = [...view.masks.filter((other) => other.concept !== concept), mask];
    this.views.value = new Map(this.views.value).set(key, { ...view, masks });
  }
}

function tokenKey(job: string, picture: number): string {
  return `${job}/${picture}`;
}

/** A short while later: the picture on screen is replaced with the next frame only. */
function release(url: string | undefined): void {
  if (url !== undefined) setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
