import { computed, type Signal, signal } from '@preact/signals';
import type { FrameMeasures } from '../../../shared/frame-advice.ts';
import type { CanvasSize, ImageSize } from '../../../shared/geometry.ts';
import type { FillTarget, SelectedArea } from '../../layout-messages.ts';
import type { MainToUi, SelectedFrame } from '../../messages.ts';
import { measureBlob } from './frame-measures.ts';
import { parseVariantRecord, type VariantRecord } from './variant-record.ts';

type LayoutMessage = Extract<MainToUi, { type: 'layout' }>;

export interface FrameThumbnail {
  /** Undefined for a frame that cannot be exported. */
  readonly url: string | undefined;
  readonly measures: FrameMeasures;
}

function forget(thumbnail: FrameThumbnail | undefined): void {
  if (thumbnail?.url !== undefined) URL.revokeObjectURL(thumbnail.url);
}

/** The selection on the canvas: its frames, their thumbnails, and the record of a single variant. */
export class CanvasSelection {
  readonly frames: Signal<readonly SelectedFrame[]> = signal([]);
  /** Set when exactly one frame is selected. */
  readonly only = computed(() => (this.frames.value.length === 1 ? this.frames.value[0] : undefined));
  readonly thumbnails: Signal<ReadonlyMap<string, FrameThumbnail>> = signal(new Map());
  /** Set when exactly one variant is selected. */
  readonly variant: Signal<VariantRecord | undefined> = signal(undefined);

  /** The selected layer, where pictures can fill it. */
  readonly target: Signal<FillTarget | undefined> = signal(undefined);
  /** The frame or picture that the selected layers lie in. */
  readonly area: Signal<SelectedArea | undefined> = signal(undefined);
  /** Why nothing can be filled although layers are selected. */
  readonly obstacle: Signal<LayoutMessage['obstacle']> = signal(undefined);
  /** The layer in which a scene around the selected one would lie. */
  readonly sceneIn: Signal<LayoutMessage['sceneIn']> = signal(undefined);
  /** Mark of the page that is shown; empty where it has none. */
  readonly canvas = signal('');

  async receive(message: MainToUi): Promise<void> {
    if (message.type === 'selection') {
      this.frames.value = message.frames;
      this.variant.value = message.record === null ? undefined : parseVariantRecord(message.record);
      this.#forgetOthers();
    } else if (message.type === 'layout') {
      this.target.value = message.target ?? undefined;
      this.area.value = message.area ?? undefined;
      this.obstacle.value = message.obstacle;
      this.sceneIn.value = message.sceneIn;
      this.canvas.value = message.canvas;
    } else if (message.type === 'thumbnail') {
      const { bytes } = message;
      const blob =
        bytes === null ? undefined : new Blob([bytes as Uint8Array<ArrayBuffer>], { type: 'image/png' });
      const measures = blob === undefined ? { isUnreadable: true } : await measureBlob(blob);
      // The selection may have moved on while the picture was read.
      if (!this.frames.value.some(({ nodeId }) => nodeId === message.nodeId)) return;
      const before = this.thumbnails.value.get(message.nodeId);
      forget(before);
      const thumbnail = { url: blob === undefined ? undefined : URL.createObjectURL(blob), measures };
      this.thumbnails.value = new Map(this.thumbnails.value).set(message.nodeId, thumbnail);
    }
  }

  #forgetOthers(): void {
    const selected = new Set(this.frames.value.map(({ nodeId }) => nodeId));
    const kept = new Map<string, FrameThumbnail>();
    for (const [nodeId, thumbnail] of this.thumbnails.value) {
      if (selected.has(nodeId)) kept.set(nodeId, thumbnail);
      else forget(thumbnail);
    }
    this.thumbnails.value = kept;
  }
}

/** A hand that rested for as long may have been away from the panel, and undone something on the canvas. */
const HAND_AWAY_MS = 400;

/** Calls `ask` where the pointer comes to move over the panel, and once it rests: the canvas says nothing of an undo. */
export function onHandReturning(ask: () => void): void {
  let resting: ReturnType<typeof setTimeout> | undefined;
  document.addEventListener('pointermove', () => {
    if (resting === undefined) ask();
    clearTimeout(resting);
    resting = setTimeout(() => {
      resting = undefined;
      ask();
    }, HAND_AWAY_MS);
  });
}

/** Shortest side of a picture that stands alone, canvas pixels: small models' pictures would be specks. */
const SIDE_ALONE = 320;

/** A picture's size on the canvas: as high as the tallest frame that it is placed beside; large enough where there is none. */
export function sizeBeside(frames: readonly CanvasSize[], picture: ImageSize): CanvasSize {
  const alone = picture.height * Math.max(1, SIDE_ALONE / Math.min(picture.width, picture.height));
  const height = Math.round(Math.max(0, ...frames.map((frame) => frame.height)) || alone);
  return { width: Math.round((picture.width / picture.height) * height), height };
}
