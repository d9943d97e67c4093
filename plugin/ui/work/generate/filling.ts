/** Filling: the selected layer that the next pictures fill, and what the model is shown of the layout around it. */

import { computed, type Signal, signal } from '@preact/signals';
import { type Affine, uprightBox } from '../../../../shared/affine.ts';
import type { GenerateJobSpec } from '../../../../shared/protocol/requests.ts';
import type { ModelSummary } from '../../../../shared/protocol/server-messages.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import type { FilledPicture, FillPlan, FillTarget } from '../../../layout-messages.ts';
import type { CanvasBridge } from '../../canvas/bridge.ts';
import { exportFailure } from '../../canvas/frame-export.ts';
import { exportedLayout, layerMask } from '../../canvas/layout-export.ts';
import type { CanvasSelection } from '../../canvas/selection.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { RequestFailure } from '../../connection/companion-http.ts';
import { type GenerateDraft, jobSpecOf } from '../drafts.ts';
import { type DrawnRegion, placesOf } from './drawn-regions.ts';
import type { GenerateFormState } from './generate-form-state.ts';
import { type SendingState, sendPicture } from './sent-picture.ts';

/** A layer to fill, and the layout that is painted on where the model is to see it. */
export interface Fill {
  readonly target: FillTarget;
  readonly plan: FillPlan;
  /** With the way from pictures of the layout to the one that is painted on. */
  readonly painting:
    | { readonly spec: Pick<GenerateJobSpec, 'init' | 'paint' | 'placement'>; readonly layout: Affine }
    | undefined;
}

/**
 * The draft for a fill: pictures take the layer's proportions, or, where they are painted on, those of the part that is worked
 * at. Places in another frame than what is made lead nowhere, and are left out.
 */
export function filledDraft(
  draft: GenerateDraft,
  { target, isPainted }: { readonly target: FillTarget; readonly isPainted: boolean },
): GenerateDraft {
  const made = isPainted ? target.layout?.nodeId : target.nodeId;
  const regions = areaId(draft) === made ? draft.regions : [];
  return { ...draft, regions, size: { type: isPainted ? 'model' : 'frame' } };
}

/** Places in a frame as places in the picture that is painted on. @internal */
export function inPainting(regions: readonly DrawnRegion[], layout: Affine): readonly DrawnRegion[] {
  return regions.map((region) => {
    const box = uprightBox(layout, region);
    const x = Math.max(0, box.x);
    const y = Math.max(0, box.y);
    const width = Math.min(1, box.x + box.width) - x;
    const height = Math.min(1, box.y + box.height) - y;
    return { ...region, x, y, width, height };
  });
}

/** The request for a fill. */
export function fillSpec(
  draft: GenerateDraft,
  model: ModelSummary,
  { target, painting }: Fill,
): GenerateJobSpec {
  const filled = filledDraft(draft, { target, isPainted: painting !== undefined });
  if (painting === undefined) return jobSpecOf(filled, model, target);
  const regions = inPainting(filled.regions, painting.layout);
  return { ...jobSpecOf({ ...filled, regions }, model, target), ...painting.spec };
}

/** Id of the frame that the draft's places are in; undefined without any. */
function areaId(draft: GenerateDraft): string | undefined {
  const isPlaced = placesOf(draft).some(({ regions }) => regions.length > 0);
  return isPlaced && draft.size.type === 'layout' ? draft.size.nodeId : undefined;
}

export class Filling {
  readonly state: Signal<SendingState> = signal({ state: 'idle' });
  /** The model is to see the layout around the layer. */
  readonly showsLayout = signal(false);
  /** Fill or not, as the person has said it of one layer. */
  readonly #said: Signal<{ readonly nodeId: string; readonly fills: boolean } | undefined> =
    signal(undefined);
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  readonly #selection: CanvasSelection;
  readonly #form: GenerateFormState;
  /** The layer that the next pictures fill; undefined where they come beside the selection. */
  readonly target = computed(() => {
    const target = this.#selection.target.value;
    if (target === undefined || target.isLocked) return undefined;
    const said = this.#said.value;
    return (said?.nodeId === target.nodeId ? said.fills : this.#isMeant(target)) ? target : undefined;
  });

  constructor(
    bridge: CanvasBridge,
    companion: CompanionConnection,
    selection: CanvasSelection,
    form: GenerateFormState,
  ) {
    this.#form = form;
    this.#bridge = bridge;
    this.#companion = companion;
    this.#selection = selection;
  }

  /** Fill the selected layer, or not. */
  want(fills: boolean): void {
    const target = this.#selection.target.value;
    if (target !== undefined) this.#said.value = { nodeId: target.nodeId, fills };
  }

  /** Everything that a fill needs is sent; undefined where no layer is to be filled. */
  async prepare(model: ModelSummary): Promise<Fill | undefined | 'failed'> {
    const target = this.target.value;
    this.state.value = { state: 'idle' };
    if (target === undefined) return undefined;
    const plan: FillPlan = { nodeId: target.nodeId, place: null };
    if (target.layout === null || !this.showsLayout.value) return { target, plan, painting: undefined };
    this.state.value = { state: 'sending' };
    const result = await exportedLayout(this.#bridge, target.nodeId, model.resolution);
    if ('fault' in result) {
      const [report, layer] = exportFailure([{ ...result, nodeId: target.nodeId }]);
      return this.#fail(report, layer);
    }
    const { bytes, place, layout, canvas } = result;
    try {
      const init = {
        image: await sendPicture(this.#companion, new Blob([new Uint8Array(bytes)], { type: 'image/png' })),
      };
      const paint = { image: await sendPicture(this.#companion, await layerMask(bytes, place)) };
      this.state.value = { state: 'idle' };
      const placement = { canvas, node: target.nodeId, place };
      return { target, plan: { ...plan, place }, painting: { spec: { init, paint, placement }, layout } };
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      return this.#fail(error.report, target.layout.name);
    }
  }

  /**
   * Place of the selected layer in a job's pictures, null where they cover it; undefined where they do not fit it: they show
   * a layout that it is not in.
   */
  placeIn({ paint, placement }: GenerateJobSpec): Affine | null | undefined {
    const target = this.#selection.target.value;
    if (target === undefined || target.isLocked) return undefined;
    if (paint === undefined) return null;
    const isItsOwn = placement?.canvas === this.#selection.canvas.value && placement.node === target.nodeId;
    return isItsOwn ? placement.place : undefined;
  }

  /** A picture of the panel as fill of the selected layer. */
  async use(
    { jobId, index, seed }: Omit<FilledPicture, 'isShown'>,
    place: Affine | null,
    picture: Blob,
  ): Promise<void> {
    const target = this.#selection.target.value;
    if (target === undefined) return;
    if (target.pictures.some((one) => one.jobId === jobId && one.index === index)) {
      return this.choose({ jobId, index });
    }
    const bytes = new Uint8Array(await picture.arrayBuffer());
    this.#bridge.send({ type: 'use-fill', nodeId: target.nodeId, jobId, index, seed, place, bytes });
  }

  /** Another one of the selected layer's pictures. */
  choose({ jobId, index }: Pick<FilledPicture, 'jobId' | 'index'>): void {
    const target = this.#selection.target.value;
    if (target !== undefined) this.#bridge.send({ type: 'choose-fill', nodeId: target.nodeId, jobId, index });
  }

  /** True for an empty hole; what holds layers, is hidden or of a component is filled where the person says so. */
  #isMeant(target: FillTarget): boolean {
    const isHole = target.isEmpty && target.notes.every((note) => note === 'style');
    return isHole && !this.#isPlacing(target);
  }

  /** Layers of another frame are selected for the places of products. */
  #isPlacing({ nodeId }: FillTarget): boolean {
    const area = areaId(this.#form.draft.value);
    return area !== undefined && area !== nodeId;
  }

  #fail(report: ErrorReport, layer: string | null): 'failed' {
    this.state.value = { state: 'failed', report, layer };
    return 'failed';
  }
}
