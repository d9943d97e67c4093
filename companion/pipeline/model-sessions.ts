/**
 * ModelSessions: the open sessions of one checkpoint by their graphs' keys, made on demand. Weights of many gigabytes are
 * mapped at first, so that the first step begins at once, and packed when the runs still to come earn it.
 */

import type { Checkpoint } from '../checkpoint/component.ts';
import { locateWeights } from '../checkpoint/external-weights.ts';
import { requireParameters } from '../checkpoint/weight-store.ts';
import type { Graph, GraphSpec } from '../graph/graph.ts';
import type { Precision } from '../graph/precision.ts';
import { splitParameterName } from '../models/layers/scope.ts';
import { availableMemory } from '../runtime/available-memory.ts';
import { openSession, type Session, type SessionOptions } from '../runtime/session.ts';
import { type SessionWeights, weightsOf } from '../runtime/session-weights.ts';
import type { WeightLocation } from '../tensor/tensor.ts';

export interface PipelineOptions extends SessionOptions {
  /** Folder for what can be made again: weights converted to the type that graphs read. */
  readonly cacheFolder: string;
  /** Precision of the denoiser, in sampling and in training. Default: full. */
  readonly precision?: Precision;
}

/** Memory of a session that is made; one that is open already stays as it is. */
export type MemoryUse = Pick<SessionOptions, 'arena' | 'weights' | 'winograd'>;

interface Entry {
  readonly memory: MemoryUse;
  readonly weights: SessionWeights;
  readonly session: Promise<Session>;
}

export class ModelSessions {
  readonly #checkpoint: Checkpoint;
  readonly #options: PipelineOptions;
  readonly #locators = new Map<string, Promise<(name: string) => WeightLocation>>();
  readonly #entries = new Map<string, Entry>();
  /** Keys of graphs whose packed weights did not fit into memory: not tried again. */
  readonly #tooLarge = new Set<string>();
  #made = 0;

  constructor(checkpoint: Checkpoint, options: PipelineOptions) {
    this.#checkpoint = checkpoint;
    this.#options = options;
  }

  /** Sessions made since the checkpoint was opened, packed ones in the place of mapped ones included. */
  get made(): number {
    return this.#made;
  }

  get({ key, build }: GraphSpec, memory: MemoryUse): Promise<Session> {
    const present = this.#entries.get(key);
    if (present !== undefined) return present.session;
    const graph = build();
    const weights = weightsOf(graph, { ...this.#options, ...memory });
    const session = this.#open(graph, memory);
    this.#entries.set(key, { memory, weights, session });
    // A failed session is not kept: the next attempt may have the memory or the disk that this one lacked.
    session.catch(() => this.#entries.delete(key));
    return session;
  }

  has({ key }: GraphSpec): boolean {
    return this.#entries.has(key);
  }

  /** Undefined where the session is not open. */
  weightsOf({ key }: GraphSpec): SessionWeights | undefined {
    return this.#entries.get(key)?.weights;
  }

  async release({ key }: Pick<GraphSpec, 'key'>): Promise<void> {
    const entry = this.#entries.get(key);
    this.#entries.delete(key);
    await (await entry?.session)?.release();
  }

  /** True where sessions beside those of `kept` are open. */
  hasOthers(kept: readonly GraphSpec[]): boolean {
    return this.#others(kept).length > 0;
  }

  /** Gives back all sessions but those of `kept`. */
  async releaseOthers(kept: readonly GraphSpec[]): Promise<void> {
    for (const key of this.#others(kept)) await this.release({ key });
  }

  #others(kept: readonly GraphSpec[]): readonly string[] {
    return [...this.#entries.keys()].filter((open) => kept.every(({ key }) => key !== open));
  }

  /**
   * True where the open session reads mapped weights, and packing them is worth the time and the memory. It is judged by runs
   * that were, two at least.
   * @param ahead runs that are known to come
   */
  async earnsPacking({ key }: GraphSpec, ahead: number): Promise<boolean> {
    const { device = 'cpu' } = this.#options;
    const entry = this.#entries.get(key);
    if (device !== 'cpu' || entry?.weights.placement !== 'mapped' || this.#tooLarge.has(key)) return false;
    const { runs: done, fastestSeconds: seconds } = (await entry.session).pace;
    const { bytes, winogradBytes } = entry.weights;
    return done >= 2 && earnsPacking(bytes - winogradBytes, { seconds, done, ahead }, availableMemory());
  }

  /**
   * Puts a session with packed weights in the place of the open one, of the same results up to rounding. Where memory does
   * not suffice after all, the mapped one stays. No run of it may be under way.
   */
  async pack(spec: GraphSpec): Promise<void> {
    const entry = this.#entries.get(spec.key);
    if (entry === undefined) return;
    const mapped = await entry.session;
    try {
      const packed = await this.#open(spec.build(), { ...entry.memory, weights: 'packed' });
      const weights = { ...entry.weights, placement: 'packed' } as const;
      this.#entries.set(spec.key, { ...entry, weights, session: Promise.resolve(packed) });
      await mapped.release();
    } catch {
      this.#tooLarge.add(spec.key);
    }
  }

  /** Weights are checked against the checkpoint before anything is loaded. */
  async #open(graph: Graph, own: SessionOptions): Promise<Session> {
    const parameters = [...graph.parameters].map(([name, { shape }]) => ({
      ...splitParameterName(name),
      shape,
    }));
    const locators = new Map<string, (name: string) => WeightLocation>();
    for (const component of new Set(parameters.map((parameter) => parameter.component))) {
      const { weights } = this.#checkpoint.components.get(component)!;
      const expected = parameters.filter((parameter) => parameter.component === component);
      requireParameters(weights, `${this.#checkpoint.name}/${component}`, expected);
      const key = `${component} ${graph.precision}`;
      let locator = this.#locators.get(key);
      if (locator === undefined) {
        locator = locateWeights(weights, this.#options.cacheFolder, graph.precision);
        this.#locators.set(key, locator);
        // As with sessions: the next attempt may find the space that this one lacked.
        locator.catch(() => this.#locators.delete(key));
      }
      locators.set(component, await locator);
    }
    const locate = (parameter: string) => {
      const { component, name } = splitParameterName(parameter);
      return locators.get(component)!(name);
    };
    const session = await openSession(graph, locate, { ...this.#options, ...own });
    this.#made += 1;
    return session;
  }
}

/** Runs of a session on mapped weights. */
interface MappedRuns {
  /** Duration of one. */
  readonly seconds: number;
  /** As many as packed weights would have sped up already: what people do much of, they go on with. */
  readonly done: number;
  /** Those that are known to come. */
  readonly ahead: number;
}

/** Measured on a UNet of 860 million parameters on two threads: 0.08 of a picture's steps, 0.09 of a teaching's. */
const SAVED_SHARE = 0.07;

/** Bytes of weights packed in a second, with the session made around them. */
const BYTES_PER_SECOND = 0.4e9;

/** Most of the process's own memory while it is done, by the bytes of the weights: 1.03 for pictures, 1.26 for teaching. */
const OWN_SHARE = 1.3;

/** Share of the free memory that it may take: the design tool beside it needs some too, and so do the values of a run. */
const USABLE_SHARE = 0.6;

/**
 * Packing copies mapped weights into the layout that kernels read fastest. It takes time once, saves a share of every run, and
 * needs memory of the process's own in place of mapped files.
 * @param freeBytes as `availableMemory` counts it
 * @internal
 */
export function earnsPacking(
  weightBytes: number,
  { seconds, done, ahead }: MappedRuns,
  freeBytes: number,
): boolean {
  const savedSeconds = SAVED_SHARE * seconds * (done + ahead);
  return savedSeconds > weightBytes / BYTES_PER_SECOND && OWN_SHARE * weightBytes <= USABLE_SHARE * freeBytes;
}
