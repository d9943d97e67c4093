import { batch, type Signal, signal } from '@preact/signals';
import { routes } from '../../../../shared/protocol/http.ts';
import {
  type ModelCard,
  type ModelFolder,
  type ModelList,
  modelFolderSchema,
  modelsSchema,
} from '../../../../shared/protocol/model.ts';
import type { ServerMessage } from '../../../../shared/protocol/server-messages.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import type { CompanionConnection } from '../../connection/companion.ts';
import { type CompanionRequest, RequestFailure } from '../../connection/companion-http.ts';

/** An act that a model's card asks for. Its answer is the list as it is then. */
export type ModelAct = 'pull' | 'pause' | 'resume' | 'cancel' | 'check' | 'use' | 'remove';

/** The companion's base models, as the panel shows them. Work on them belongs to the companion. */
export class ModelCollection {
  readonly list: Signal<ModelList | undefined> = signal(undefined);
  /** Name of the model whose card is open. */
  readonly open: Signal<string | undefined> = signal(undefined);
  /** Names of the models that an act is under way for. */
  readonly busy: Signal<ReadonlySet<string>> = signal(new Set());
  /** The last refusal, and the model that it was about; no name for what was to be added. */
  readonly refusal: Signal<{ readonly name: string | undefined; readonly report: ErrorReport } | undefined> =
    signal(undefined);
  /** Path that was typed, of a model to be added. */
  readonly path: Signal<string> = signal('');
  /** Folder of the companion's computer that a model is being looked for in. */
  readonly folder: Signal<ModelFolder | undefined> = signal(undefined);
  readonly #companion: CompanionConnection;

  constructor(companion: CompanionConnection) {
    this.#companion = companion;
  }

  /** The one that this computer should have; undefined where it has it already, or none is known. */
  get recommended(): ModelCard | undefined {
    return this.list.value?.models.find(
      ({ fit, isDemonstration }) => fit === 'recommended' && !isDemonstration,
    );
  }

  /** Precisions that the companion's device works in; none until it knows. */
  get precisions(): readonly string[] {
    return this.list.value?.precisions ?? [];
  }

  /** The network that removes backgrounds, here or to be had; undefined where the companion knows of none. */
  get backgroundRemover(): ModelCard | undefined {
    return this.list.value?.backgroundRemovers[0];
  }

  /** The network that enlarges pictures; undefined as above. */
  get upscaler(): ModelCard | undefined {
    return this.list.value?.upscalers[0];
  }

  /** True for what is got and removed as models are, and never used for pictures. */
  isNetwork(name: string): boolean {
    return [this.backgroundRemover, this.upscaler].some((card) => card?.name === name);
  }

  async refresh(): Promise<void> {
    await this.#ask(undefined, routes.models);
  }

  receive(message: ServerMessage): void {
    if (message.type === 'welcome' || message.type === 'models-changed') void this.refresh();
    if (message.type !== 'model-progress' || this.list.value === undefined) return;
    const { model, task } = message;
    const withTask = (card: ModelCard) => (card.name === model ? { ...card, task } : card);
    const { models, backgroundRemovers, upscalers, ...rest } = this.list.value;
    this.list.value = {
      ...rest,
      models: models.map(withTask),
      backgroundRemovers: backgroundRemovers.map(withTask),
      upscalers: upscalers.map(withTask),
    };
  }

  /** True where the companion has begun or done it. @param licence the id of the one that was accepted, of a pull */
  async act({ name }: Pick<ModelCard, 'name'>, act: ModelAct, licence?: string): Promise<boolean> {
    const encoded = encodeURIComponent(name);
    const requests: Readonly<Record<ModelAct, readonly [string, CompanionRequest]>> = {
      pull: [routes.modelPull(encoded), { method: 'POST', body: { licence } }],
      pause: [routes.modelPause(encoded), { method: 'POST' }],
      resume: [routes.modelResume(encoded), { method: 'POST' }],
      cancel: [routes.modelPull(encoded), { method: 'DELETE' }],
      check: [routes.modelCheck(encoded), { method: 'POST' }],
      use: [routes.modelUse(encoded), { method: 'POST' }],
      remove: [routes.model(encoded), { method: 'DELETE' }],
    };
    this.#mark(name, true);
    const isDone = await this.#ask(name, ...requests[act]);
    this.#mark(name, false);
    return isDone;
  }

  /** Names of the models that were not there before; undefined where it was refused. */
  async add(): Promise<readonly string[] | undefined> {
    const before = this.list.value?.models.map(({ name }) => name) ?? [];
    const isAdded = await this.#ask(undefined, routes.models, {
      method: 'POST',
      body: { path: this.path.value },
    });
    if (!isAdded) return undefined;
    this.path.value = '';
    return this.list.value!.models.map(({ name }) => name).filter((name) => !before.includes(name));
  }

  /** Shows a folder; the home folder without a path. What is refused leaves the one that is shown. */
  async browse(path?: string): Promise<void> {
    const query = path === undefined ? '' : `?path=${encodeURIComponent(path)}`;
    try {
      this.folder.value = await this.#companion.json(`${routes.modelFolder}${query}`, modelFolderSchema);
      this.refusal.value = undefined;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.refusal.value = { name: undefined, report: error.report };
    }
  }

  choose(path: string): void {
    this.path.value = path;
    this.folder.value = undefined;
  }

  closeFolder(): void {
    this.folder.value = undefined;
  }

  async #ask(name: string | undefined, path: string, request: CompanionRequest = {}): Promise<boolean> {
    try {
      const list = await this.#companion.json(path, modelsSchema, request);
      batch(() => {
        this.list.value = list;
        if (request.method !== undefined) this.refusal.value = undefined;
      });
      return true;
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      this.refusal.value = { name, report: error.report };
      return false;
    }
  }

  #mark(name: string, isBusy: boolean): void {
    const busy = new Set(this.busy.value);
    if (isBusy) busy.add(name);
    else busy.delete(name);
    this.busy.value = busy;
  }
}
