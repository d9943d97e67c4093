import type { CanvasSize } from '../../../../shared/geometry.ts';
import type { JobOf, JobState } from '../../../../shared/protocol/job.ts';
import type { GenerateJobSpec } from '../../../../shared/protocol/requests.ts';
import type { ModelSummary, ServerMessage } from '../../../../shared/protocol/server-messages.ts';
import type { CanvasBridge } from '../../canvas/bridge.ts';
import { outlinePng } from '../../canvas/mask-outline.ts';
import { CanvasPlacement, type RowLayout } from '../../canvas/placement.ts';
import { type CanvasSelection, sizeBeside } from '../../canvas/selection.ts';
import { variantRecord } from '../../canvas/variant-record.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import type { ReceivedFrame } from '../../connection/companion-socket.ts';
import { Catalogues } from '../catalogue/catalogues.ts';
import { PresetCollection } from '../catalogue/presets.ts';
import { type GenerateDraft, jobSpecOf, newJobId } from '../drafts.ts';
import { hasEnded, type JobBoard } from '../job-board.ts';
import type { PictureView } from '../pictures.ts';
import { type Fill, fillSpec } from './filling.ts';
import { LoraList } from './lora-list.ts';
import { Preparation } from './preparation.ts';
import { ProductScenes, type SentProduct, sceneSpec } from './product-scenes.ts';
import { VariantWork } from './variant-work.ts';

/** Longest prompt in the name of a layer: the seed behind it, which tells variants apart, is still read. */
const LAYER_NAME = 40;

interface Surroundings {
  /** The frame whose size pictures may take. */
  readonly frame: CanvasSize | undefined;
  /** Frames that they come to stand beside. */
  readonly beside: readonly CanvasSize[];
  /** The layer that they fill instead. */
  readonly fill: Fill | undefined;
  /** The cut-out that they are scenes around. */
  readonly scene: SentProduct | undefined;
}

/** Asks for pictures and brings them to the canvas. */
export class Generating {
  readonly preparation: Preparation;
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  readonly #board: JobBoard;
  readonly #placement: CanvasPlacement;
  readonly loras: LoraList;
  readonly presets: PresetCollection;
  readonly catalogues: Catalogues;
  readonly variantWork: VariantWork;
  readonly scenes: ProductScenes;

  constructor(
    bridge: CanvasBridge,
    companion: CompanionConnection,
    { board, selection }: { readonly board: JobBoard; readonly selection: CanvasSelection },
  ) {
    this.#bridge = bridge;
    this.#companion = companion;
    this.#board = board;
    this.preparation = new Preparation((message) => companion.send(message));
    this.loras = new LoraList(companion);
    this.scenes = new ProductScenes(bridge, companion, selection);
    this.presets = new PresetCollection(companion);
    this.catalogues = new Catalogues(bridge, companion, board);
    this.variantWork = new VariantWork(bridge, companion, (spec, shown) => this.#ask(spec, shown));
    this.#placement = new CanvasPlacement(
      (message) => bridge.send(message),
      (jobId) => this.#askForPictures(jobId),
    );
    bridge.listen((message) => {
      this.#placement.receive(message);
      this.scenes.receive(message);
    });
  }

  /** Asks for the pictures of a draft; gives the job, and words for it. */
  start(
    draft: GenerateDraft,
    model: ModelSummary,
    { frame, beside, fill, scene }: Surroundings,
  ): { readonly job: string; readonly said: string } {
    const job = newJobId();
    const pictures = draft.count === 1 ? 'a picture' : `${draft.count} pictures`;
    if (scene !== undefined) {
      const spec = sceneSpec({ ...draft, size: { type: 'model' } }, model);
      this.scenes.started(job);
      this.#companion.send({ type: 'generate', job, ...spec, ...scene.spec });
      const scenes = draft.count === 1 ? 'a scene' : `${draft.count} scenes`;
      return { job, said: `Painting ${scenes} around “${scene.name}”.` };
    }
    if (fill !== undefined) {
      const { target, plan } = fill;
      const spec = fillSpec(draft, model, fill);
      this.#placement.want(job, { ...layoutOf(spec, target), fill: plan });
      this.#companion.send({ type: 'generate', job, ...spec });
      return { job, said: `Making ${pictures} to fill “${target.name}”.` };
    }
    const spec = jobSpecOf(draft, model, frame);
    const size = spec.size ?? { width: model.resolution, height: model.resolution };
    const fitsFrame = draft.size.type === 'frame' && frame !== undefined;
    this.#placement.want(job, layoutOf(spec, fitsFrame ? frame : sizeBeside(beside, size)));
    this.#companion.send({ type: 'generate', job, ...spec });
    return { job, said: `Making ${pictures} of ${size.width} by ${size.height} pixels.` };
  }

  /** Puts the pictures of an ended job on the canvas, again or in another document. */
  placeAgain(job: JobOf<'generate'>, beside: readonly CanvasSize[]): void {
    if (this.#placement.isOpen(job.job)) return;
    const spec = { ...job.request, count: job.pictures.length };
    this.#placement.want(job.job, layoutOf(spec, sizeBeside(beside, job.pictures[0]!)));
    this.#placement.jobEnded(job.job, job.pictures.length);
  }

  /** Lays the masks of a job's pictures over them on the canvas, as layers. */
  async placeMasks(
    { job, pictures }: JobOf<'generate'>,
    views: readonly (PictureView | undefined)[],
  ): Promise<void> {
    const masks = pictures.flatMap(({ picture, width, height }) =>
      (views[picture]?.masks ?? []).map((mask, index) => ({ picture, width, height, mask, index })),
    );
    for (const [at, { picture, mask, index, ...size }] of masks.entries()) {
      const bytes = await outlinePng(mask, index, size);
      const isLast = at === masks.length - 1;
      this.#bridge.send({ type: 'mask', jobId: job, index: picture, concept: mask.concept, bytes, isLast });
    }
  }

  /** @param index of one picture; null for all of the job's */
  reveal(job: string, index: number | null): void {
    this.#bridge.send({ type: 'reveal', jobId: job, index });
  }

  receive(message: ServerMessage): void {
    this.catalogues.receive(message);
    if (message.type === 'welcome') {
      this.loras.refresh();
      this.presets.refresh();
      for (const job of message.jobs) {
        // Pictures that were finished while the connection was lost were sent to nobody.
        if (this.#placement.isOpen(job.job)) this.#askForPictures(job.job);
        this.#follow(job);
        this.scenes.follow(job);
      }
      const jobIds = message.jobs.map(({ job }) => job);
      this.#placement.jobsKnown(jobIds);
      this.scenes.jobsKnown(jobIds);
    }
    // LoRAs are added and removed among them.
    if (message.type === 'models-changed' || message.type === 'model-in-use') this.loras.refresh();
    if (message.type === 'job') {
      this.#follow(message.job);
      this.scenes.follow(message.job);
    }
  }

  async receiveFrame({ header, bytes }: ReceivedFrame): Promise<void> {
    if (header.kind !== 'preview' && header.kind !== 'picture') return;
    const { job: jobId, picture: index } = header;
    // Pictures of another document's jobs are only shown.
    if (!this.#placement.isOpen(jobId)) return;
    const job = this.#board.jobs.value.get(jobId);
    const isFinal = header.kind === 'picture';
    const record = isFinal && job?.kind === 'generate' ? variantRecord(job, index, header.seed) : null;
    this.#placement.picture({
      jobId,
      index,
      kind: isFinal ? 'final' : 'preview',
      bytes: await bytes(),
      record,
    });
  }

  /** Asks for pictures as a request has them, at this size on the canvas; gives the job. */
  #ask(spec: GenerateJobSpec, shown: CanvasSize): string {
    const job = newJobId();
    this.#placement.want(job, layoutOf(spec, shown));
    this.#companion.send({ type: 'generate', job, ...spec });
    return job;
  }

  #follow(job: JobState): void {
    if (job.kind !== 'generate') return;
    if (job.status.state === 'running') this.#placement.jobStarted(job.job);
    if (hasEnded(job)) this.#placement.jobEnded(job.job, job.pictures.length);
  }

  #askForPictures(jobId: string): void {
    const job = this.#board.jobs.value.get(jobId);
    if (job?.kind !== 'generate') return;
    if (job.pictures.length > 0) this.#companion.send({ type: 'resend', job: jobId });
  }
}

/** @param shown size on the canvas, canvas pixels */
function layoutOf({ prompt, count, seed }: GenerateJobSpec, { width, height }: CanvasSize): RowLayout {
  const short = prompt.length > LAYER_NAME ? `${prompt.slice(0, LAYER_NAME - 1)}…` : prompt;
  const names = Array.from({ length: count }, (_, index) => `${short} · ${seed + index}`);
  return { names, width, height };
}
