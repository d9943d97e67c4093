/** The base model that stays open between runs, so that only the first one waits for it. */

import type { EngineOptions } from '../../pipeline/loaded-model.ts';
import { type LoadedModel, loadModel } from '../../pipeline/loaded-model.ts';

export class WarmModel {
  #opened: { readonly key: string; readonly model: LoadedModel } | undefined;
  #use = '';

  /**
   * The model, opened unless it is already. Another model takes its place: two would seldom fit into memory.
   * @param use what its sessions serve, such as "teach". Sessions of another use are given back first: teaching plans
   *   with the memory that is free, and sampling at one size has no use for the graphs of another.
   */
  async open(options: EngineOptions, use: string): Promise<LoadedModel> {
    const { model: folder, device, threads, cacheFolder } = options;
    const key = JSON.stringify([folder, device, threads, cacheFolder]);
    if (this.#opened?.key !== key) {
      await this.#opened?.model.pipeline.close();
      this.#opened = undefined;
      this.#opened = { key, model: await loadModel(options) };
    } else if (this.#use !== use) {
      await this.#opened.model.pipeline.close();
    }
    this.#use = use;
    return this.#opened.model;
  }
}
