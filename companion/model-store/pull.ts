/** Pull of a model from a hub into the data folder: listed, checked by its configs, fetched, checked whole, put in place. */

import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { openModelIndex } from '../checkpoint/diffusers-folder.ts';
import type { PreferredPrecision } from '../checkpoint/weight-files.ts';
import { FORMATS } from '../models/families/formats.ts';
import { lockPull } from '../storage/folder-lock.ts';
import { requireFreeSpace } from '../storage/folders.ts';
import { Hub } from './hub/client.ts';
import { download } from './hub/download.ts';
import { RETRY_POLICY } from './hub/limits.ts';
import { chooseFiles, modelIndexOf, weightFiles } from './hub/model-files.ts';
import { type ListedFile, type Repository, readRepository } from './hub/repository.ts';
import { type FetchEvent, type PullEvent, TransferMeter } from './pull-events.ts';
import { PullFolder } from './pull-folder.ts';
import { requireConfigsOf, requireParametersOf } from './verify.ts';

export interface PullRequest {
  /** `owner/name`. */
  readonly repository: string;
  readonly revision: string;
  readonly precision: PreferredPrecision;
  readonly endpoint: URL;
  readonly token: string | undefined;
  /** The data folder's models. */
  readonly models: string;
  /** Name of the model's folder in there. */
  readonly name: string;
  readonly cacheFolder: string;
  readonly signal: AbortSignal;
}

/**
 * Where the model is there already, only what differs or is missing is fetched. What was received stays for the next
 * run when this one fails; nothing stays of a model that cannot be used.
 * @throws LikenessError `network`, `checkpoint-*`, `storage`, `cancelled`; `input` where another process pulls it
 */
export async function* pullModel(request: PullRequest): AsyncGenerator<PullEvent, void> {
  const pull = new Pull(request);
  const lock = await lockPull(request.models, request.name);
  try {
    yield* pull.run();
  } catch (error) {
    if (request.signal.aborted) throw new LikenessError('cancelled', 'stopped', { cause: error });
    throw error;
  } finally {
    await pull.end();
    await lock.release();
  }
}

class Pull {
  readonly folder: PullFolder;
  readonly #request: PullRequest;
  readonly #hub: Hub;
  /** SHA-256 of every file that is in its place. */
  readonly #hashes = new Map<string, string>();
  #fetched = 0;

  constructor(request: PullRequest) {
    this.#request = request;
    this.folder = new PullFolder(request.models, request.name);
    this.#hub = new Hub({ ...request, retryPolicy: RETRY_POLICY });
  }

  /** Leaves nothing behind but what the next run goes on from. */
  async end(): Promise<void> {
    await this.#hub.close();
    await this.folder.removeIfEmpty();
  }

  async *run(): AsyncGenerator<PullEvent, void> {
    const { repository: id, revision, name, precision, cacheFolder } = this.#request;
    const repository = yield* readRepository(this.#hub, id, revision);
    const { commit, licence } = repository;
    yield { type: 'repository', repository: id, commit, licence };

    // Configs first: what there is no graph for is refused for the price of a few kilobytes.
    yield* this.#obtain(repository, [modelIndexOf(repository)]);
    const { format } = await this.#orRemove(() => openModelIndex(this.folder.path, FORMATS));
    const { describing, weights } = await this.#orRemove(() => chooseFiles(repository, format, precision));
    for (const { component, precision: got } of weights) {
      if (got !== precision) yield { type: 'precision', component, wished: precision, got };
    }
    yield* this.#obtain(repository, describing);
    await this.#orRemove(() => requireConfigsOf(this.folder.path, name, format));

    const chosen = await this.#orRemove(() => weightFiles(repository, weights, this.folder.path));
    await this.folder.keepOnly([...this.#hashes.keys(), ...chosen.map(({ path }) => path)]);
    yield* this.#obtainWeights(repository, chosen);
    await this.folder.seal(this.#hashes, { repository: id, commit, precision, ...(licence && { licence }) });
    const parameters = await this.#orRemove(() => requireParametersOf(this.folder.path, cacheFolder));
    await this.folder.install(this.#hashes.keys());
    yield {
      type: 'pulled',
      ...{ name, folder: this.folder.model, repository: id, commit, licence, parameters },
      ...{ fetched: this.#fetched, files: this.#hashes.size, hosts: [...this.#hub.hosts] },
    };
  }

  /** Small files, without progress. */
  async *#obtain(repository: Repository, files: readonly ListedFile[]): AsyncGenerator<PullEvent, void> {
    for (const file of files) {
      const there = await this.folder.existing(file, this.#hub.signal);
      if (there !== undefined) {
        this.#hashes.set(file.path, there);
        continue;
      }
      for await (const event of this.#fetch(repository, file)) {
        if (event.type !== 'received' && event.type !== 'checking') yield event;
      }
    }
  }

  async *#obtainWeights(
    repository: Repository,
    files: readonly ListedFile[],
  ): AsyncGenerator<PullEvent, void> {
    const missing: ListedFile[] = [];
    for (const file of files) {
      const there = await this.folder.existing(file, this.#hub.signal);
      if (there === undefined) missing.push(file);
      else this.#hashes.set(file.path, there);
      if (there !== undefined) yield { type: 'kept', path: file.path };
    }
    if (missing.length === 0) return;
    const sizeBytes = sum(missing.map((file) => file.sizeBytes));
    const received = await Promise.all(missing.map((file) => this.folder.receivedBytes(file)));
    await requireFreeSpace(this.folder.path, sizeBytes - sum(received));
    yield { type: 'weights', files: missing.length, sizeBytes, receivedBytes: sum(received) };
    const transfer = new TransferMeter(sizeBytes);
    for (const file of missing) {
      for await (const event of this.#fetch(repository, file)) {
        if (event.type !== 'received') yield event;
        else yield* transfer.received(file.path, event.bytes);
      }
      yield transfer.finished(file.path, file.sizeBytes);
    }
  }

  async *#fetch(repository: Repository, file: ListedFile): AsyncGenerator<FetchEvent, void> {
    const sha256 = yield* download(this.#hub, repository, file, join(this.folder.path, file.path));
    this.#hashes.set(file.path, sha256);
    this.#fetched++;
    yield { type: 'fetched', path: file.path, sizeBytes: file.sizeBytes, sha256 };
  }

  /** A model that cannot be used cannot be used the next time either: its bytes only take room. */
  async #orRemove<T>(check: () => T | Promise<T>): Promise<T> {
    try {
      return await check();
    } catch (error) {
      await this.folder.remove();
      throw error;
    }
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
