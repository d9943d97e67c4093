/** Pull of a model from a hub into the data folder: listed, checked by its configs, fetched, checked whole, put in place. */

import { join } from 'node:path';
import { LikenessError } from '../../../shared/errors.ts';
import type { CheckpointFormat } from '../../checkpoint/component.ts';
import { openModelIndex } from '../../checkpoint/diffusers-folder.ts';
import type { PreferredPrecision } from '../../checkpoint/weight-files.ts';
import { openMattingFolder, PREPROCESSOR } from '../../matting/matting-folder.ts';
import { FORMATS } from '../../models/families/formats.ts';
import type { ModelFacts } from '../../models/family.ts';
import { SETTINGS_NAME } from '../../pipeline/settings.ts';
import { lockPull } from '../../storage/folder-lock.ts';
import { openSafetensors } from '../../tensor/safetensors-file.ts';
import { elementCount } from '../../tensor/tensor.ts';
import type { UsualSettings } from '../catalogue-entry.ts';
import type { HubSettings } from '../hub/hub-settings.ts';
import { chooseFiles, modelIndexOf, requiredWeights, weightFiles } from '../hub/model-files.ts';
import type { Repository } from '../hub/repository.ts';
import { PullFolder, type PullRecord } from '../pull-folder.ts';
import { requireConfigsOf, requireParametersOf } from '../verify.ts';
import { addFastDecoder } from './fast-decoder.ts';
import type { PullEvent } from './pull-events.ts';
import { PullSource } from './pull-source.ts';
import { PulledFiles } from './pulled-files.ts';

export interface PullRequest {
  readonly hub: HubSettings;
  /** `owner/name`. */
  readonly repository: string;
  readonly revision: string;
  readonly precision: PreferredPrecision;
  /** The one file of an accelerator, or of what removes backgrounds; undefined for a model. */
  readonly file: string | undefined;
  /** Settings that the model is made for, which go with it; undefined where its family's do. */
  readonly usual: UsualSettings | undefined;
  /** False where no small decoder is wanted; else the revision of its own repository. */
  readonly fastDecoder: false | { readonly revision: string };
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
    throw pull.explained(error);
  } finally {
    await pull.end();
    await lock.release();
  }
}

class Pull {
  readonly #request: PullRequest;
  readonly #folder: PullFolder;
  readonly #source: PullSource;
  readonly #files: PulledFiles;

  constructor(request: PullRequest) {
    this.#request = request;
    this.#folder = new PullFolder(request.models, request.name);
    this.#source = new PullSource({ ...request.hub, signal: request.signal });
    this.#files = new PulledFiles(this.#folder, this.#source);
  }

  /** Leaves nothing behind but what the next run goes on from. */
  async end(): Promise<void> {
    await this.#source.close();
    await this.#folder.removeIfEmpty();
  }

  /** The error, for a person: a repository is not at fault for what it lacks where only a part of it may be here. */
  explained(error: unknown): unknown {
    const isMissing = error instanceof LikenessError && error.code === 'checkpoint-missing';
    return isMissing && this.#source.isOffline ? this.#source.missing(error.message, error) : error;
  }

  async *run(): AsyncGenerator<PullEvent, void> {
    const { repository: id, revision, name, file } = this.#request;
    const repository = yield* this.#source.repository(id, revision, this.#folder.model);
    const { commit, licence } = repository;
    yield { type: 'repository', repository: id, commit, licence };
    const parameters = yield* file === undefined ? this.#model(repository) : this.#one(repository, file);
    const { hashes, fetched } = this.#files;
    await this.#folder.install(hashes.keys());
    yield {
      type: 'pulled',
      name,
      folder: this.#folder.model,
      repository: id,
      commit,
      licence,
      parameters,
      fetched,
      files: hashes.size,
      hosts: this.#source.hosts,
    };
  }

  /** All of a model; gives the number of its parameters. */
  async *#model(repository: Repository): AsyncGenerator<PullEvent, number> {
    const { name, precision, cacheFolder } = this.#request;
    const { path } = this.#folder;
    // Configs first: what there is no graph for is refused for the price of a few kilobytes.
    yield* this.#files.obtain(repository, [modelIndexOf(repository)]);
    const { format } = await this.#orRemove(() => openModelIndex(path, FORMATS));
    const { describing, weights } = await this.#orRemove(() => chooseFiles(repository, format, precision));
    for (const { component, precision: got } of weights) {
      if (got !== precision) yield { type: 'precision', component, wished: precision, got };
    }
    yield* this.#files.obtain(repository, describing);
    const facts = await this.#orRemove(() => requireConfigsOf(path, name));

    const chosen = await this.#orRemove(() => weightFiles(repository, weights, path));
    const fastDecoder = yield* this.#decoder(repository, format, facts);
    await this.#folder.keepOnly([...this.#files.hashes.keys(), ...chosen.map(({ path }) => path)]);
    yield* this.#files.obtainWeights(repository, chosen);
    await this.#addSettings(facts);
    await this.#seal(repository, fastDecoder);
    return this.#orRemove(() => requireParametersOf(path, cacheFolder));
  }

  async *#decoder(
    model: Repository,
    format: CheckpointFormat,
    facts: ModelFacts,
  ): AsyncGenerator<PullEvent, PullRecord['fastDecoder']> {
    const { fastDecoder } = this.#request;
    if (fastDecoder === false) return false;
    const { revision } = fastDecoder;
    const request = { model, format, facts, revision };
    return yield* addFastDecoder(this.#source, this.#files, this.#folder, request);
  }

  /**
   * An accelerator: a LoRA, whose names and shapes are for whoever merges it to read. Or a network of another maker, with how
   * it wants its pictures.
   */
  async *#one(repository: Repository, path: string): AsyncGenerator<PullEvent, number> {
    const listed = requiredWeights(repository, path);
    const settings = path.endsWith('.onnx') ? repository.files.get(PREPROCESSOR) : undefined;
    await this.#folder.keepOnly([path, PREPROCESSOR]);
    if (settings !== undefined) yield* this.#files.obtain(repository, [settings]);
    yield* this.#files.obtainWeights(repository, [listed]);
    if (path.endsWith('.onnx')) {
      await this.#orRemove(() => openMattingFolder(this.#folder.path));
      await this.#seal(repository, undefined);
      return 0;
    }
    const { tensors } = await this.#orRemove(() => openSafetensors(join(this.#folder.path, path)));
    await this.#seal(repository, undefined);
    return [...tensors.values()].reduce((sum, { shape }) => sum + elementCount(shape), 0);
  }

  /** Settings that the catalogue knows a model by, in a file of our own: they hold wherever the folder is used. */
  async #addSettings({ sampling }: ModelFacts): Promise<void> {
    const { usual } = this.#request;
    if (usual === undefined || this.#files.hashes.has(SETTINGS_NAME)) return;
    const { steps, guidanceScale, sampler, spacing } = usual;
    const isFamilys =
      sampler === sampling.sampler && guidanceScale === sampling.guidanceScale && spacing === undefined;
    if (isFamilys) return;
    const settings = { sampling: { steps, guidanceScale, sampler, ...(spacing && { spacing }) } };
    this.#files.hashes.set(SETTINGS_NAME, await this.#folder.write(SETTINGS_NAME, settings));
  }

  async #seal({ id, commit, licence }: Repository, fastDecoder: PullRecord['fastDecoder']): Promise<void> {
    const { precision, file } = this.#request;
    await this.#folder.seal(this.#files.hashes, {
      repository: id,
      commit,
      precision,
      ...(licence && { licence }),
      ...(file !== undefined && { file }),
      ...(fastDecoder !== undefined && { fastDecoder }),
    });
  }

  /** A model that cannot be used cannot be used the next time either: its bytes only take room. */
  async #orRemove<T>(check: () => T | Promise<T>): Promise<T> {
    try {
      return await check();
    } catch (error) {
      await this.#folder.remove();
      throw error;
    }
  }
}
