/** ProductScenes: scenes that are painted around the selected cut-out, and their layers on the canvas under it. */

import { computed, type Signal, signal } from '@preact/signals';
import { parseMentions } from '../../../../shared/mentions.ts';
import { routes } from '../../../../shared/protocol/http.ts';
import type { JobOf, JobState } from '../../../../shared/protocol/job.ts';
import type { GenerateJobSpec } from '../../../../shared/protocol/requests.ts';
import type { ModelSummary } from '../../../../shared/protocol/server-messages.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import type { MainToUi } from '../../../messages.ts';
import type { ProductToUi } from '../../../product-messages.ts';
import type { CanvasBridge } from '../../canvas/bridge.ts';
import { exportFailure } from '../../canvas/frame-export.ts';
import type { CanvasSelection } from '../../canvas/selection.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { RequestFailure } from '../../connection/companion-http.ts';
import { type GenerateDraft, jobSpecOf, newImageId } from '../drafts.ts';
import { hasEnded } from '../job-board.ts';
import { type SendingState, sendPicture } from './sent-picture.ts';

/** As for frames: the canvas ends each export within two minutes. */
const CANVAS_MS = 150_000;

/** Opacity of a reflection that is wished: glossy ground, and no mirror. */
const REFLECTION = 0.35;

/** A cut-out that was sent, and its place. */
export interface SentProduct {
  readonly name: string;
  readonly spec: Required<Pick<GenerateJobSpec, 'product' | 'placement'>>;
}

/** The request for a scene, but for its product. Places of other products are left out. */
export function sceneSpec(draft: GenerateDraft, model: ModelSummary): GenerateJobSpec {
  return jobSpecOf({ ...draft, regions: [], keepRest: false }, model, undefined);
}

/** The words of a prompt without its products: "@aurora on a beach" is of a beach. */
export function withoutMentions(prompt: string): string {
  const words = parseMentions(prompt).filter(({ name }) => name === undefined);
  return words
    .map(({ text }) => text)
    .join('')
    .replaceAll(/ {2,}/g, ' ')
    .trim();
}

export class ProductScenes {
  readonly state: Signal<SendingState> = signal({ state: 'idle' });
  readonly shadow = signal(true);
  readonly reflection = signal(false);
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  readonly #selection: CanvasSelection;
  /** The layer that a scene is wanted around. */
  readonly #wanted: Signal<string | undefined> = signal(undefined);
  /** Jobs whose first scene is not on the canvas yet, also of an earlier run of the plugin. */
  #waiting: ReadonlySet<string> = new Set();
  /** The selected layer, where it lies in a layout. */
  readonly candidate = computed(() => {
    const { area, frames, sceneIn } = this.#selection;
    const [layer, ...others] = area.value?.layers ?? [];
    if (layer === undefined || others.length > 0 || frames.value.some(({ isVariant }) => isVariant)) return;
    return { ...layer, layout: (sceneIn.value ?? area.value!).name };
  });
  /** The cut-out that the next scenes are painted around; undefined where pictures are made as always. */
  readonly target = computed(() => {
    const layer = this.candidate.value;
    return layer?.nodeId === this.#wanted.value ? layer : undefined;
  });

  constructor(bridge: CanvasBridge, companion: CompanionConnection, selection: CanvasSelection) {
    this.#bridge = bridge;
    this.#companion = companion;
    this.#selection = selection;
  }

  want(isWanted: boolean): void {
    this.#wanted.value = isWanted ? this.candidate.value?.nodeId : undefined;
  }

  /** The cut-out is sent; undefined where no scene is wanted. */
  async prepare(): Promise<SentProduct | undefined | 'failed'> {
    const target = this.target.value;
    this.state.value = { state: 'idle' };
    if (target === undefined) return undefined;
    const { nodeId, name } = target;
    this.state.value = { state: 'sending' };
    const result = await this.#exported(nodeId);
    if (result === 'instance' || result === 'locked') {
      this.state.value = { state: 'failed', report: NO_PLACE[result], layer: name };
      return 'failed';
    }
    if (typeof result === 'string') {
      const [report, layer] = exportFailure([{ nodeId, name, fault: result }]);
      this.state.value = { state: 'failed', report, layer };
      return 'failed';
    }
    const { bytes, canvas, ...place } = result;
    try {
      const file = new Blob([new Uint8Array(bytes)], { type: 'image/png' });
      const image = await sendPicture(this.#companion, file);
      this.state.value = { state: 'idle' };
      const opacities = {
        ...(!this.shadow.value && { shadow: 0 }),
        ...(this.reflection.value && { reflection: REFLECTION }),
      };
      const product = { image, ...place, ...opacities };
      return { name, spec: { product, placement: { canvas, node: nodeId } } };
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.state.value = { state: 'failed', report: error.report, layer: name };
      return 'failed';
    }
  }

  /** The canvas remembers that a scene is awaited, for the plugin may be closed meanwhile. */
  started(jobId: string): void {
    this.#waiting = new Set([...this.#waiting, jobId]);
    this.#bridge.send({ type: 'keep-row', jobId, names: [], width: 0, height: 0, isScene: true });
  }

  receive(message: MainToUi): void {
    if (message.type !== 'hello') return;
    const scenes = message.waitingRows.filter(({ isScene }) => isScene === true);
    this.#waiting = new Set(scenes.map(({ jobId }) => jobId));
  }

  /** True for scenes around a cut-out of the page that is shown. */
  offers({ product, placement }: GenerateJobSpec): boolean {
    return product !== undefined && placement?.canvas === this.#selection.canvas.value;
  }

  /** The first scene of a job goes under its cut-out by itself. */
  follow(job: JobState): void {
    if (job.kind !== 'generate' || !this.#waiting.has(job.job)) return;
    const isMade = job.pictures.length > 0;
    if (isMade || hasEnded(job)) this.#settle(job.job);
    if (isMade) void this.use(job, 0);
  }

  /** @param jobIds all jobs there are: scenes of others will never come */
  jobsKnown(jobIds: readonly string[]): void {
    for (const job of this.#waiting) if (!jobIds.includes(job)) this.#settle(job);
  }

  #settle(jobId: string): void {
    this.#waiting = new Set([...this.#waiting].filter((other) => other !== jobId));
    this.#bridge.send({ type: 'forget-row', jobId });
  }

  /** Puts the layers of a scene under its cut-out, in place of those before. */
  async use({ job, request, pictures }: JobOf<'generate'>, index: number): Promise<void> {
    const nodeId = request.placement?.node;
    const layers = pictures[index]?.product?.layers.filter(({ name }) => name !== 'product') ?? [];
    if (nodeId === undefined) return;
    try {
      for (const [at, { name, blend, opacity }] of layers.entries()) {
        const blob = await this.#companion.blob(routes.layer(job, index, name));
        const bytes = new Uint8Array(await blob.arrayBuffer());
        const isLast = at === layers.length - 1;
        const box = request.product?.box ?? null;
        const place = { nodeId, jobId: job, index, layer: LAYER_WORDS[name], box, isLast };
        this.#bridge.send({ type: 'place-scene', ...place, blend, opacity, bytes });
      }
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.state.value = { state: 'failed', report: error.report, layer: null };
    }
  }

  #exported(nodeId: string): Promise<ProductToUi['result']> {
    const exportId = newImageId();
    return new Promise((resolve) => {
      const end = (result: ProductToUi['result']) => {
        clearTimeout(silence);
        stop();
        resolve(result);
      };
      const silence = setTimeout(() => end('slow'), CANVAS_MS);
      const stop = this.#bridge.listen((message) => {
        if (message.type === 'product-exported' && message.exportId === exportId) end(message.result);
      });
      this.#bridge.send({ type: 'export-product', exportId, nodeId });
    });
  }
}

/** Told before anything is painted: the scene would find no place. */
const NO_PLACE: Readonly<Record<'instance' | 'locked', ErrorReport>> = {
  instance: {
    code: 'image-format',
    message: 'the cut-out lies in an instance, in which no layers can be put',
    advice: 'Nothing can be put into an instance. Detach it, or move the cut-out out of it, and try again.',
  },
  locked: {
    code: 'image-format',
    message: 'the layout around the cut-out is locked',
    advice: 'The layout around it is locked. Unlock it, and try again.',
  },
};

/** Names of layers on the canvas. */
const LAYER_WORDS = {
  scene: 'Scene',
  shadow: 'Shadow',
  reflection: 'Reflection',
  product: 'Product',
} as const;
