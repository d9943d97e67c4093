/** SocketController: carries out the messages of admitted clients (jobs, uploads), and welcomes those that arrive. */

import { LikenessError } from '../../../shared/errors.ts';
import type { ClientMessage } from '../../../shared/protocol/client-messages.ts';
import { type CloseReason, PROTOCOL_VERSION } from '../../../shared/protocol/connection.ts';
import type { ImageId, JobId } from '../../../shared/protocol/ids.ts';
import type { ImageFrame } from '../../../shared/protocol/image-frame.ts';
import { isCatalogue, isUsual } from '../../../shared/protocol/job.ts';
import * as limits from '../../../shared/protocol/limits.ts';
import { imagesOf } from '../../../shared/protocol/requests.ts';
import type { Limits, ModelSummary } from '../../../shared/protocol/server-messages.ts';
import type { JobQueue } from '../../jobs/job-queue.ts';
import type { JobSpec } from '../../jobs/job-record.ts';
import { teachAgain } from '../../jobs/teach-again.ts';
import type { ConceptLibrary } from '../../library/concept-library.ts';
import type { BlobKey } from '../../storage/blob-store.ts';
import { statusOf } from '../http/failure.ts';
import { errorFields, type Log, type RejectionLog } from '../log.ts';
import type { Uploads } from '../uploads.ts';
import { Admission, type AdmissionOptions } from './admission.ts';
import { binaryMessage, jobMessage } from './outbox.ts';
import type { AnsweredSocket, SocketHandler } from './socket-handler.ts';

export interface SocketControllerOptions extends AdmissionOptions {
  readonly queue: JobQueue;
  readonly uploads: Uploads;
  readonly library: ConceptLibrary;
  /** The one in use. */
  readonly model: () => ModelSummary;
  /** Version of Likeness. */
  readonly version: string;
  readonly log: Log;
  readonly refusals: RejectionLog;
}

const CLIENT_LIMITS: Limits = {
  imageMaxBytes: limits.IMAGE_MAX_BYTES,
  imageMaxSide: limits.IMAGE_MAX_SIDE,
  teachMaxImages: limits.TEACH_MAX_IMAGES,
  generateMaxCount: limits.GENERATE_MAX_COUNT,
  promptMaxLength: limits.PROMPT_MAX_LENGTH,
  promptMaxConcepts: limits.PROMPT_MAX_CONCEPTS,
  queueMaxLength: limits.QUEUE_MAX_LENGTH,
};

export class SocketController implements SocketHandler {
  readonly #options: SocketControllerOptions;

  constructor(options: SocketControllerOptions) {
    this.#options = options;
  }

  admission(): Admission {
    return new Admission(this.#options);
  }

  async greet(socket: AnsweredSocket): Promise<void> {
    const { queue, model, version } = this.#options;
    socket.send({
      type: 'welcome',
      protocol: PROTOCOL_VERSION,
      server: { version },
      model: model(),
      device: queue.worker.device,
      limits: CLIENT_LIMITS,
      jobs: queue.jobs().filter(isUsual),
      catalogues: queue.jobs().filter(isCatalogue),
    });
    for (const news of queue.replay) socket.send(news);
  }

  async message(socket: AnsweredSocket, message: ClientMessage): Promise<void> {
    const { queue } = this.#options;
    switch (message.type) {
      case 'hello':
      case 'prove':
        throw new LikenessError('message-format', `message: got ${message.type} of an admitted client`);
      case 'teach': {
        const { type: kind, job, ...request } = message;
        return this.#submit(socket, job, request.images, (references) => ({ kind, request, references }));
      }
      case 'teach-again': {
        const { library, model } = this.#options;
        const state = await teachAgain(message.job, message, {
          queue,
          library,
          resolution: model().resolution,
        });
        socket.send(jobMessage(state));
        return;
      }
      case 'generate': {
        const { type: kind, job, ...request } = message;
        return this.#submit(socket, job, imagesOf(request), (references) => ({ kind, request, references }));
      }
      case 'catalogue': {
        const { type: kind, job, ...request } = message;
        return this.#submit(socket, job, [], () => ({ kind, request }));
      }
      case 'prepare': {
        const { type: _, ...request } = message;
        // The messages behind it do not wait until a model is loaded.
        queue.worker.prepare(request).catch((error: unknown) => this.refused(error));
        return;
      }
      case 'cancel':
        await queue.cancel(message.job);
        return;
      case 'clear-waiting':
        return queue.clearWaiting();
      case 'resume':
        await queue.resume(message.job, message.cells);
        return;
      case 'move':
        return queue.move(message.job, message.before);
      case 'resend':
        for await (const frame of queue.history.frames(message.job))
          await socket.outbox.deliver(binaryMessage(frame));
        return;
      case 'ping':
        socket.send({ type: 'pong' });
    }
  }

  async frame(socket: AnsweredSocket, { header, payload }: ImageFrame): Promise<void> {
    if (header.kind !== 'upload') {
      throw new LikenessError('frame-format', `binary frame: got ${header.kind}, expected upload`);
    }
    await this.#options.uploads.take(socket.client!.id, {
      id: header.image,
      bytes: payload,
      use: header.use,
    });
    socket.send({ type: 'image-received', image: header.image });
  }

  refused(error: unknown): void {
    const { log, refusals } = this.#options;
    if (error instanceof LikenessError && statusOf(error) < 500) refusals.tell(error.code, 'socket');
    else if (isProtocolFault(error)) refusals.tell('frame-format', 'socket');
    else log.error(errorFields(error), 'a message failed');
  }

  closed(reason: CloseReason): void {
    this.#options.refusals.tell(reason, 'socket');
  }

  /** Told to everyone by the queue; to this one also where the job was known before. */
  async #submit(
    socket: AnsweredSocket,
    job: JobId,
    named: readonly ImageId[],
    specOf: (references: ReadonlyMap<ImageId, BlobKey>) => JobSpec,
  ): Promise<void> {
    const { queue, uploads } = this.#options;
    // Sent again after a restart of either side: the images of the first time are long used.
    const images = queue.has(job) ? [] : named;
    const state = await uploads.lend(socket.client!.id, images, (references) =>
      queue.submit(job, specOf(references)),
    );
    socket.send(jobMessage(state));
  }
}

/** Errors of ws itself: a message too large, not UTF-8, a frame that RFC 6455 does not know; or a connection that broke. */
function isProtocolFault(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return code.startsWith('WS_ERR_') || ['ECONNRESET', 'EPIPE'].includes(code);
}
