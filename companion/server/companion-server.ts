/** The companion's server as a whole: made from a queue and a library, and taken down again in good order. */

import { rm } from 'node:fs/promises';
import type { Server } from 'node:http';
import { join } from 'node:path';
import type { Router } from 'express';
import { LikenessError } from '../../shared/errors.ts';
import { PAIRING_FRAGMENT } from '../../shared/protocol/connection.ts';
import type { ServerMessage } from '../../shared/protocol/server-messages.ts';
import type { JobQueue } from '../jobs/job-queue.ts';
import type { ConceptLibrary } from '../library/concept-library.ts';
import { MATTING_MODEL } from '../matting/matting-folder.ts';
import { MattingProcess } from '../matting/matting-process.ts';
import { PresetStore } from '../presets/preset-store.ts';
import type { Connections } from './connections.ts';
import { FramePlaces } from './frame-places.ts';
import { createApp } from './http/app.ts';
import { type ComputerFacts, computerRoutes } from './http/computer-routes.ts';
import { conceptRoutes } from './http/concept-routes.ts';
import { cutOutRoutes } from './http/cut-out-routes.ts';
import { jobRoutes } from './http/job-routes.ts';
import { loraRoutes } from './http/lora-routes.ts';
import { modelRoutes } from './http/model-routes.ts';
import { clientRoutes, pairingRoutes } from './http/pairing-routes.ts';
import { presetRoutes } from './http/preset-routes.ts';
import { FileReceiver, imageRoutes } from './http/upload-routes.ts';
import { errorFields, type Log, RejectionLog } from './log.ts';
import { type LoopbackListeners, serve } from './loopback-listeners.ts';
import type { ModelController, ModelEvent } from './model-controller.ts';
import { serverAddress } from './own-address.ts';
import { Pairing, type ShowCode } from './pairing.ts';
import { SessionTickets } from './session-tickets.ts';
import { binaryMessage, jobMessage, textMessage } from './socket/outbox.ts';
import { SocketController } from './socket/socket-controller.ts';
import { SocketServer } from './socket/socket-server.ts';
import { TokenStore } from './token-store.ts';
import { Uploads } from './uploads.ts';

export interface CompanionServerOptions {
  readonly listeners: LoopbackListeners;
  readonly queue: JobQueue;
  readonly library: ConceptLibrary;
  readonly models: ModelController;
  /** File of the paired clients. */
  readonly tokenFile: string;
  /** For what is of no use after a stop. */
  readonly cacheFolder: string;
  /** Folder of the plugin's build. */
  readonly pages: string;
  readonly computer: ComputerFacts;
  readonly log: Log;
  readonly showCode: ShowCode;
}

interface Stores {
  readonly tokens: TokenStore;
  readonly places: FramePlaces;
  readonly uploads: Uploads;
  readonly receiver: FileReceiver;
}

export class CompanionServer {
  readonly port: number;
  readonly #pairing: Pairing;
  readonly #servers: readonly Server[];
  readonly #connections: Connections;
  readonly #sockets: SocketServer;
  readonly #uploads: Uploads;
  readonly #matting: MattingProcess;
  readonly #watching = new AbortController();
  readonly #log: Log;

  /** Serves at once; the first code is shown before it returns. @throws LikenessError `storage` */
  static async start(options: CompanionServerOptions): Promise<CompanionServer> {
    const { queue, models, log } = options;
    const tokens = await TokenStore.open(options.tokenFile, (aside) =>
      log.warn({ aside }, 'the list of paired clients was damaged; every plugin has to be paired again'),
    );
    const places = new FramePlaces();
    const uploads = new Uploads({
      references: queue.references,
      resolution: () => models.inUse.facts.summary.resolution,
      places,
      isPaired: (client) => tokens.list().some(({ id }) => id === client),
    });
    // Left by the version before, which kept uploads as files.
    await rm(join(options.cacheFolder, 'uploads'), { recursive: true, force: true });
    const receiver = await FileReceiver.open(join(options.cacheFolder, 'received'));
    return new CompanionServer(options, { tokens, places, uploads, receiver });
  }

  private constructor(options: CompanionServerOptions, { tokens, places, uploads, receiver }: Stores) {
    const { listeners, queue, library, models, pages, computer, log } = options;
    const { port, servers, connections } = listeners;
    this.port = port;
    this.#servers = servers;
    this.#connections = connections;
    this.#uploads = uploads;
    this.#matting = new MattingProcess({ folder: join(computer.folders.models, MATTING_MODEL) });
    this.#log = log;
    const refusals = new RejectionLog(log);
    const tickets = new SessionTickets();
    const dismiss = (client: string) => {
      tickets.revoke(client);
      this.#sockets.dismiss(client);
    };
    const revoke = async (client: string) => {
      await tokens.revoke(client);
      dismiss(client);
    };
    this.#pairing = new Pairing({ tokens, log, show: options.showCode, port, revoke });
    const summary = () => models.inUse.facts.summary;
    const parts = { queue, uploads, library, tokens, tickets, port, log, refusals };
    const controller = new SocketController({ ...parts, model: summary, version: computer.version });
    this.#sockets = new SocketServer(controller, port, places);
    const app = createApp({
      port,
      log,
      refusals,
      tokens,
      tickets,
      pages,
      admit: (connection) => connections.admit(connection),
      open: [pairingRoutes(this.#pairing)],
      guarded: [clientRoutes(tokens, dismiss), ...this.#routers(options, { uploads, receiver })],
    });
    this.#sockets.listenTo(servers);
    serve(listeners, app);
    this.#watch(this.#tellJobs(queue));
    this.#watch(this.#tellConcepts(library));
    for (const events of models.subscribe()) this.#watch(this.#tellModels(events, models));
    log.info({ port, listeners: servers.length }, 'listening');
  }

  /** Routers of paired clients. */
  #routers(
    { queue, library, models, computer }: CompanionServerOptions,
    { uploads, receiver }: Pick<Stores, 'uploads' | 'receiver'>,
  ): readonly Router[] {
    return [
      conceptRoutes({ library, model: () => models.inUse.facts, receiver }),
      jobRoutes(queue, this.#matting),
      modelRoutes(models),
      loraRoutes(computer.folders, () => models.inUse.facts.identity.architecture),
      presetRoutes(new PresetStore(computer.folders.home)),
      imageRoutes(uploads, receiver),
      cutOutRoutes(this.#matting, receiver),
      computerRoutes(computer, () => this.#pairing.renewed()),
    ];
  }

  /** A new pairing code, shown like the first. */
  renewCode(): void {
    this.#pairing.renew();
  }

  /** Address of the studio, by which one page pairs itself. */
  openAddress(): string {
    return `${serverAddress(this.port)}/${PAIRING_FRAGMENT}${this.#pairing.openLink()}`;
  }

  /** Nothing new is let in, clients are told goodbye. The queue and its job are the caller's. */
  async close(): Promise<void> {
    const ended = this.#servers.map((server) => new Promise((resolve) => server.close(resolve)));
    this.#watching.abort();
    await this.#sockets.close();
    this.#connections.close();
    for (const server of this.#servers) server.closeAllConnections();
    await Promise.all(ended);
    this.#matting.close();
    await this.#uploads.close();
    this.#log.info('stopped');
  }

  async #tellJobs(queue: JobQueue): Promise<void> {
    for await (const event of queue.subscribe()) {
      if (event.type === 'failure') {
        this.#log.error({ job: event.job, ...errorFields(event.error) }, 'a job failed');
      } else if (event.type === 'frame') this.#sockets.broadcast(binaryMessage(event.frame));
      else this.#tell(event.type === 'job' ? jobMessage(event.job) : event);
    }
  }

  async #tellConcepts(library: ConceptLibrary): Promise<void> {
    for await (const news of library.changes(this.#watching.signal)) {
      if (news.type === 'unreadable') {
        this.#log.warn(
          errorFields(news.error),
          'the library cannot be read; it is looked at again until it can',
        );
      } else this.#tell({ type: 'concepts-changed' });
    }
  }

  async #tellModels(events: AsyncGenerator<ModelEvent, void>, { inUse }: ModelController): Promise<void> {
    for await (const event of events) {
      switch (event.type) {
        case 'task':
          this.#tell({ type: 'model-progress', model: event.name, task: event.task });
          break;
        case 'in-use':
          this.#tell({ type: 'model-in-use', model: inUse.facts.summary });
          // Others can be used now.
          this.#tell({ type: 'concepts-changed' });
          this.#log.info({ model: inUse.name }, 'another model is in use');
          break;
        case 'changed':
          this.#tell({ type: 'models-changed' });
          break;
        case 'failure':
          this.#log.error({ model: event.name, ...errorFields(event.error) }, 'the work on a model failed');
      }
    }
  }

  #tell(message: ServerMessage): void {
    this.#sockets.broadcast(textMessage(message));
  }

  #watch(told: Promise<void>): void {
    told.catch((error: unknown) => {
      if (error instanceof LikenessError && error.code === 'cancelled') return;
      this.#log.error(errorFields(error), 'clients are no longer told of changes');
    });
  }
}
