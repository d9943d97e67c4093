/**
 * ModelTasks: pulls and verifications that go on whoever watches. They are kept in a file, so that a companion that is
 * started again goes on with the pulls that were under way, and has those that were paused ready.
 */

import { join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { type ModelTask, modelNameSchema } from '../../shared/protocol/model.ts';
import { reportOf, z } from '../../shared/protocol/zod.ts';
import { writeFileAtomically } from '../storage/atomic-file.ts';
import { Broadcast } from '../storage/broadcast.ts';
import { lockPull } from '../storage/folder-lock.ts';
import { readRegularFile } from '../storage/regular-file.ts';
import {
  forPanel,
  type ModelTaskOptions,
  pullSteps,
  type TaskSteps,
  verifySteps,
} from './model-task-steps.ts';
import { PullFolder } from './pull-folder.ts';

const keptPullSchema = z.strictObject({
  name: modelNameSchema,
  /** The licence that a person accepted. */
  licence: z.string(),
  isPaused: z.boolean(),
  bytes: z.int().nonnegative(),
  totalBytes: z.int().nonnegative(),
});

type KeptPull = z.infer<typeof keptPullSchema>;

export type ModelTaskEvent =
  | { readonly type: 'task'; readonly name: string; readonly task: ModelTask }
  /** One has begun, ended or was stopped: what is here may have changed. */
  | { readonly type: 'changed' }
  | { readonly type: 'failure'; readonly name: string; readonly error: unknown };

interface Task {
  readonly licence: string | undefined;
  state: ModelTask;
  controller: AbortController;
  work: Promise<void>;
  /** Outcome of a stop: it stays paused, goes for good, or goes on at the next start. */
  ending: 'paused' | 'cancelled' | 'stopped';
}

const BEGUN = { bytes: 0, totalBytes: 0, bytesPerSecond: 0, secondsLeft: null, failure: null } as const;

export class ModelTasks {
  readonly #options: ModelTaskOptions;
  readonly #tasks = new Map<string, Task>();
  readonly #events = new Broadcast<ModelTaskEvent>(({ type }) => type === 'task');
  #saving: Promise<void> = Promise.resolve();

  private constructor(options: ModelTaskOptions) {
    this.#options = options;
  }

  /** Goes on with the pulls that were under way. */
  static async open(options: ModelTaskOptions): Promise<ModelTasks> {
    const tasks = new ModelTasks(options);
    for (const { name, licence, isPaused, bytes, totalBytes } of await tasks.#read()) {
      const state: ModelTask = { ...BEGUN, kind: 'pull', state: 'paused', bytes, totalBytes };
      tasks.#tasks.set(name, newTask(state, licence));
      if (!isPaused) await tasks.resume(name);
    }
    return tasks;
  }

  get events(): AsyncGenerator<ModelTaskEvent, void> {
    return this.#events.subscribe();
  }

  of(name: string): ModelTask | undefined {
    return this.#tasks.get(name)?.state;
  }

  /** @param licence the one that a person accepted @throws LikenessError `input` where there is work on it already */
  async pull(name: string, licence: string): Promise<void> {
    this.#requireIdle(name);
    await this.#begin(name, newTask({ ...BEGUN, kind: 'pull', state: 'running' }, licence), pullSteps);
  }

  async verify(name: string, folder: string): Promise<void> {
    this.#requireIdle(name);
    const task = newTask({ ...BEGUN, kind: 'verify', state: 'running' }, undefined);
    await this.#begin(name, task, (order, options) => verifySteps(folder, order, options));
  }

  /** Keeps what was received. @throws LikenessError `input` where there is no pull to pause */
  async pause(name: string): Promise<void> {
    const task = this.#tasks.get(name);
    if (task?.state.kind !== 'pull') throw nothingTo('pause', name);
    if (task.state.state === 'running') await this.#stop(task, 'paused');
  }

  /** Goes on with a pull that was paused or failed. @throws LikenessError `input` where there is none */
  async resume(name: string): Promise<void> {
    const task = this.#tasks.get(name);
    if (task?.state.kind !== 'pull') throw nothingTo('resume', name);
    if (task.state.state === 'running') return;
    const { bytes, totalBytes } = task.state;
    const state: ModelTask = { ...BEGUN, kind: 'pull', state: 'running', bytes, totalBytes };
    await this.#begin(name, newTask(state, task.licence), pullSteps);
  }

  /** Ends the work on a model, whatever it is, and removes what a pull has received. Does nothing where there is none. */
  async cancel(name: string): Promise<void> {
    const task = this.#tasks.get(name);
    if (task === undefined) return;
    if (task.state.state === 'running') await this.#stop(task, 'cancelled');
    this.#tasks.delete(name);
    if (task.state.kind === 'pull') await this.discard(name);
    await this.#save();
    this.#events.publish({ type: 'changed' });
  }

  /** Removes what a pull has left that nobody goes on with. @throws LikenessError `input` where another process pulls it */
  async discard(name: string): Promise<void> {
    const { models } = this.#options.folders;
    const lock = await lockPull(models, name);
    try {
      await new PullFolder(models, name).remove();
    } finally {
      await lock.release();
    }
  }

  /** Stops softly; pulls under way go on when it is opened again. */
  async close(): Promise<void> {
    const running = [...this.#tasks.values()].filter(({ state }) => state.state === 'running');
    await Promise.all(running.map((task) => this.#stop(task, 'stopped')));
    await this.#saving;
    this.#events.close();
  }

  #requireIdle(name: string): void {
    const { state } = this.#tasks.get(name) ?? {};
    if (state === undefined || state.state === 'done' || state.state === 'failed') return;
    const doing = state.kind === 'pull' ? 'fetched' : 'checked';
    throw new LikenessError('input', `${name} is being ${doing} already`, { advice: 'Wait, or cancel it.' });
  }

  async #begin(name: string, task: Task, steps: TaskSteps): Promise<void> {
    this.#tasks.set(name, task);
    await this.#save();
    this.#events.publish({ type: 'changed' });
    task.work = this.#work(name, task, steps);
  }

  async #work(name: string, task: Task, steps: TaskSteps): Promise<void> {
    const { signal } = task.controller;
    try {
      const { totalBytes } = task.state;
      for await (const part of steps({ name, licence: task.licence, totalBytes, signal }, this.#options)) {
        task.state = { ...task.state, ...part };
        this.#events.publish({ type: 'task', name, task: task.state });
        if (signal.aborted) throw new LikenessError('cancelled', 'stopped');
      }
      if (task.state.kind === 'pull') this.#tasks.delete(name);
      else task.state = { ...task.state, state: 'done', secondsLeft: null };
    } catch (error) {
      const rest = { bytesPerSecond: 0, secondsLeft: null } as const;
      if (signal.aborted) task.state = { ...task.state, ...rest, state: 'paused' };
      else {
        this.#events.publish({ type: 'failure', name, error });
        task.state = { ...task.state, ...rest, state: 'failed', failure: reportOf(forPanel(error)) };
      }
    }
    // The disk may be full, which the task has said by then.
    if (task.ending !== 'stopped') await this.#save().catch(() => {});
    this.#events.publish({ type: 'changed' });
  }

  async #stop(task: Task, ending: Task['ending']): Promise<void> {
    task.ending = ending;
    task.controller.abort();
    await task.work;
  }

  get #file(): string {
    return join(this.#options.folders.home, 'model-pulls.json');
  }

  /** None of a file that is damaged: what was received lies in the models' folder, and is offered from there. */
  async #read(): Promise<readonly KeptPull[]> {
    const text = await readRegularFile(this.#file).catch(() => undefined);
    if (text === undefined) return [];
    try {
      return z.array(keptPullSchema).parse(JSON.parse(text.toString()));
    } catch {
      return [];
    }
  }

  #save(): Promise<void> {
    const pulls = [...this.#tasks].flatMap(([name, { state, licence, ending }]): KeptPull[] => {
      if (licence === undefined) return [];
      const { bytes, totalBytes } = state;
      const isPaused = state.state !== 'running' && ending !== 'stopped';
      return [{ name, licence, isPaused, bytes, totalBytes }];
    });
    const saved = this.#saving.then(() => writeFileAtomically(this.#file, JSON.stringify(pulls)));
    this.#saving = saved.catch(() => {});
    return saved;
  }
}

function newTask(state: ModelTask, licence: string | undefined): Task {
  return {
    licence,
    state,
    controller: new AbortController(),
    work: Promise.resolve(),
    ending: 'paused',
  };
}

function nothingTo(act: 'pause' | 'resume', name: string): LikenessError {
  return new LikenessError('input', `nothing of ${name} is being fetched, so there is nothing to ${act}`, {
    advice: 'Look at the list again: it may have ended.',
  });
}
