/** PullSource: where a pull's files come from: the cache of other programs where it has them, else the hub, if it may be asked. */

import { LikenessError } from '../../../shared/errors.ts';
import { Hub } from '../hub/client.ts';
import { type DownloadEvent, download } from '../hub/download.ts';
import { copyCached, HubCache } from '../hub/hub-cache.ts';
import type { HubSettings } from '../hub/hub-settings.ts';
import { RETRY_POLICY } from '../hub/limits.ts';
import { type ListedFile, type Repository, readRepository } from '../hub/repository.ts';
import type { RetryWait } from '../hub/retry.ts';
import { ownRepository } from '../pull-folder.ts';

export class PullSource {
  /** True where no hub may be asked. */
  readonly isOffline: boolean;
  /** Ends every request. */
  readonly signal: AbortSignal;
  readonly #hub: Hub;
  readonly #cache: HubCache;

  constructor(settings: HubSettings & { readonly signal: AbortSignal }) {
    this.#hub = new Hub({ ...settings, retryPolicy: RETRY_POLICY });
    this.#cache = new HubCache(settings.cacheFolder);
    this.signal = settings.signal;
    this.isOffline = settings.isOffline;
  }

  /** Every host that was asked for anything. */
  get hosts(): readonly string[] {
    return [...this.#hub.hosts];
  }

  close(): Promise<void> {
    return this.#hub.close();
  }

  /**
   * Where no hub may be asked: what the cache and the model's own manifest say, as far as the files are here.
   * @param model folder of the model, which may be here already
   * @throws LikenessError as readRepository; `checkpoint-missing` where no hub may be asked and nothing is here
   */
  async *repository(id: string, revision: string, model: string): AsyncGenerator<RetryWait, Repository> {
    if (!this.isOffline) return yield* readRepository(this.#hub, id, revision);
    const cached = await this.#cache.repository(id, revision);
    const own = await ownRepository(model, id);
    const listed = [cached, own].filter((repository) => repository !== undefined);
    const commit = cached?.commit ?? revision;
    const files = listed
      .filter((repository) => repository.commit === commit)
      .flatMap((repository) => [...repository.files]);
    if (files.length > 0) return { id, commit, licence: own?.licence, files: new Map(files) };
    throw this.missing(`${id} at ${revision} is not here`);
  }

  /** Fetches a file to `target`, and gives its SHA-256. Errors as `download`, and `missing`. */
  async *bring(
    repository: Pick<Repository, 'id' | 'commit'>,
    file: ListedFile,
    target: string,
  ): AsyncGenerator<DownloadEvent | { readonly type: 'cached'; readonly path: string }, string> {
    const cached = await this.#cache.find(repository, file);
    if (cached !== undefined) {
      const sha256 = yield* copyCached(cached, file, target, this.signal);
      if (sha256 !== undefined) {
        yield { type: 'cached', path: file.path };
        return sha256;
      }
    }
    if (!this.isOffline) return yield* download(this.#hub, repository, file, target);
    const fault = cached === undefined ? 'is not here' : 'is damaged in the cache';
    throw this.missing(`${repository.id}: ${file.path} ${fault}`);
  }

  /** Error for what is not here, where no hub may be asked. */
  missing(message: string, cause?: unknown): LikenessError {
    return new LikenessError('checkpoint-missing', message, {
      advice: `HF_HUB_OFFLINE is set, so that only ${this.#cache.folder} was looked at: unset it to ask the hub.`,
      cause,
    });
  }
}
