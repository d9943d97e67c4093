import type { CanvasSize } from '../../../shared/geometry.ts';
import type { JobOf, JobState } from '../../../shared/protocol/job.ts';
import type { GenerateJobSpec } from '../../../shared/protocol/requests.ts';
import type { ModelSummary, ServerMessage } from '../../../shared/protocol/server-messages.ts';
import type { CanvasBridge } from '../canvas/bridge.ts';
import { CanvasPlacement, type RowLayout } from '../canvas/placement.ts';
import { variantRecord } from '../canvas/variant-record.ts';
import type { CompanionConnection } from '../connection/companion.ts';
import type { ReceivedFrame } from '../connection/companion-socket.ts';
import { newJobId } from './drafts.ts';
import { hasEnded, type JobBoard } from './job-board.ts';

/** Longest name of a layer that is still read. */
const LAYER_NAME = 60;

/** Asks for pictures and brings them to the canvas. */
export class Generating {
  readonly #bridge: CanvasBridge;
  readonly #companion: CompanionConnection;
  readonly #board: JobBoard;
  readonly #placement: CanvasPlacement;

  constructor(bridge: CanvasBridge, companion: CompanionConnection, board: JobBoard) {
    this.#bridge = bridge;
    this.#companion = companion;
    this.#board = board;
    this.#placement = new CanvasPlacement(
      (message) => bridge.send(message),
      (jobId) => this.#askForPictures(jobId),
    );
    bridge.listen((message) => this.#placement.receive(message));
  }

  /** @param shown the size on the canvas, where it is not the picture's own */
  generate(spec: GenerateJobSpec, model: ModelSummary, shown: CanvasSize | undefined): string {
    const job = newJobId();
    this.#placement.want(job, layoutOf(spec, model, shown));
    this.#companion.send({ type: 'generate', job, ...spec });
    return job;
  }

  /** Puts the pictures of an ended job on the canvas, again or in another document. */
  placeAgain(job: JobOf<'generate'>, model: ModelSummary): void {
    if (this.#placement.isOpen(job.job)) return;
    const names = layoutOf({ ...job.request, count: job.pictures.length }, model, undefined).names;
    const { width, height } = job.pictures[0]!;
    this.#placement.want(job.job, { names, width, height });
    this.#placement.jobEnded(job.job, job.pictures.length);
  }

  /** @param index of one picture; null for all of the job's */
  reveal(job: string, index: number | null): void {
    this.#bridge.send({ type: 'reveal', jobId: job, index });
  }

  receive(message: ServerMessage): void {
    if (message.type === 'welcome') {
      for (const job of message.jobs) {
        // Pictures that were finished while the connection was lost were sent to nobody.
        if (this.#placement.isOpen(job.job)) this.#askForPictures(job.job);
        this.#follow(job);
      }
      this.#placement.jobsKnown(message.jobs.map(({ job }) => job));
    }
    if (message.type === 'job') this.#follow(message.job);
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

function layoutOf(spec: GenerateJobSpec, model: ModelSummary, shown: CanvasSize | undefined): RowLayout {
  const { width, height } = shown ?? spec.size ?? { width: model.resolution, height: model.resolution };
  const prompt = spec.prompt.length > LAYER_NAME ? `${spec.prompt.slice(0, LAYER_NAME - 1)}…` : spec.prompt;
  // The seed comes first, since it tells them apart: lists and canvas cut names off at the end.
  const names = Array.from({ length: spec.count }, (_, index) => `${spec.seed + index} · ${prompt}`);
  return { names, width, height };
}
