/**
 * Session: a graph made ready to run. Creating and running one block Node's event loop: both belong in the engine's
 * process. Out of memory is the one failure of onnxruntime that people can do something about, and has an error of its
 * own.
 */

import './telemetry-off.ts';
import { availableParallelism } from 'node:os';
import { parse, resolve } from 'node:path';
import { InferenceSession, Tensor as RuntimeTensor } from 'onnxruntime-node';
import { LikenessError } from '../../shared/errors.ts';
import { locateStoredKernels } from '../checkpoint/stored-kernels.ts';
import type { Graph } from '../graph/graph.ts';
import { sameShape } from '../graph/op.ts';
import { kernelCopies, type WinogradUse } from '../graph/ops/index.ts';
import { encodeModel, type WeightSource } from '../onnx/model.ts';
import { memoryFault } from '../storage/system-fault.ts';
import { elementCount, type Shape, type Tensor, type WeightLocation } from '../tensor/tensor.ts';
import type { Device } from './device.ts';
import { type WeightPlacement, weightsOf } from './session-weights.ts';

export interface SessionOptions {
  /** Default 'cpu'. */
  readonly device?: Device;
  /** CPU threads; default all that the system lets this process use. */
  readonly threads?: number;
  /** Default: packed up to 1 GiB of weights, else mapped. */
  readonly weights?: WeightPlacement;
  /** Folder for what can be made again: mapped weights in another layout. Default: none is stored. */
  readonly cacheFolder?: string;
  /**
   * Keep the memory of values for the next ones and the next run. Without, a run holds what is alive and little more, in
   * place of up to 2.5 times as much, and may take a third longer. Default true.
   */
  readonly arena?: boolean;
  /**
   * Convolve by Winograd's form where the CPU holds weights of gigabytes, at four times the bytes of those kernels, read in place
   * from `cacheFolder`. Results differ by rounding. `always` is for tests: whatever the model's size. Default: never.
   */
  readonly winograd?: WinogradUse;
  /** See LoweringOptions. Default: only on the CPU, since it was wrong on a WebGPU software adapter. */
  readonly fusedAttention?: boolean;
}

/**
 * A session of `graph`. Weights may lie in files, which are mapped, or be given as tensors, which are copied into the model (2 GB at
 * most). All files must be on one drive on Windows, since onnxruntime takes them relative to one folder.
 */
export async function openSession(
  graph: Graph,
  weights: WeightSource,
  options: SessionOptions = {},
): Promise<Session> {
  const device = options.device ?? 'cpu';
  let root: string | undefined;
  const mapped = weightsOf(graph, options).placement === 'mapped';
  // Folded for every session, the kernels of a large model take half a minute.
  const isStored = mapped || weightsOf(graph).placement === 'mapped' || options.winograd === 'always';
  const stored =
    isStored && options.cacheFolder !== undefined
      ? await storeKernels(graph, weights, options.cacheFolder, { ...options, device })
      : new Map<string, WeightLocation>();
  const fromRoot = (name: string): WeightLocation | Tensor => {
    const source = stored.get(name) ?? weights(name);
    if ('data' in source) return source;
    const fileRoot = parse(source.file).root;
    root ??= fileRoot;
    if (fileRoot === '' || fileRoot !== root) {
      throw new Error(`internal: weight file ${source.file} is not an absolute path on ${root}`);
    }
    return { ...source, file: source.file.slice(fileRoot.length).replaceAll('\\', '/') };
  };
  const fusedAttention = options.fusedAttention ?? device === 'cpu';
  const model = encodeModel(graph, fromRoot, {
    fusedAttention,
    storedKernels: new Set(stored.keys()),
    foldsKernels: device === 'cpu' && !isStored,
  });
  const creation = InferenceSession.create(model, {
    executionProviders: [device],
    intraOpNumThreads: options.threads ?? Math.max(1, availableParallelism()),
    interOpNumThreads: 1,
    graphOptimizationLevel: mapped ? 'extended' : 'all',
    // With a pattern, the peak of a training graph nearly doubles on the second run.
    enableMemPattern: false,
    enableCpuMemArena: options.arena ?? true,
    // Errors come as exceptions; printed besides, they would only disturb the command line.
    logSeverityLevel: 4,
    extra: {
      session: {
        // Threads that wait for work in a loop take the cores from the design tool beside, and from another session: with both
        // busy a step took 1.6 times as long (docs/performance.md).
        'intra_op.allow_spinning': '0',
        ...(mapped ? { disable_prepacking: '1' } : {}),
        model_external_initializers_file_folder_path: root ?? '/',
      },
    },
  });
  return new Session(graph, await mapOutOfMemory(creation));
}

interface Signature {
  readonly dtype: Tensor['dtype'];
  readonly shape: Shape;
}

export class Session {
  readonly #name: string;
  readonly #inputs: ReadonlyMap<string, Signature>;
  readonly #inference: InferenceSession;
  #runs = 0;
  #fastestSeconds = Number.POSITIVE_INFINITY;

  /** Use `openSession`. */
  constructor(graph: Graph, inference: InferenceSession) {
    this.#name = graph.name;
    // A copy, so that an open session does not keep the graph in memory.
    this.#inputs = new Map(Array.from(graph.inputs, ([name, { dtype, shape }]) => [name, { dtype, shape }]));
    this.#inference = inference;
  }

  /**
   * Feeds must be exactly the graph's inputs, in type and shape; the answer holds exactly its outputs.
   * @throws LikenessError `memory` when there is not enough of it; the session can be used again
   */
  async run(feeds: Readonly<Record<string, Tensor>>): Promise<Record<string, Tensor>> {
    const runtimeFeeds: Record<string, RuntimeTensor> = {};
    for (const name of Object.keys(feeds)) {
      if (!this.#inputs.has(name)) throw new Error(`internal: ${this.#name} has no input ${name}`);
    }
    for (const [name, expected] of this.#inputs) {
      runtimeFeeds[`input:${name}`] = this.#feed(name, feeds[name], expected);
    }
    const begun = performance.now();
    const results = await mapOutOfMemory(this.#inference.run(runtimeFeeds));
    this.#runs += 1;
    this.#fastestSeconds = Math.min(this.#fastestSeconds, (performance.now() - begun) / 1000);
    const outputs: Record<string, Tensor> = {};
    for (const [name, { type, dims, data }] of Object.entries(results)) {
      outputs[name.slice('output:'.length)] = { dtype: type, shape: dims, data } as Tensor;
    }
    return outputs;
  }

  /** Runs so far, and how long the shortest took: the first one reads mapped weights from the disk. */
  get pace(): { readonly runs: number; readonly fastestSeconds: number } {
    return { runs: this.#runs, fastestSeconds: this.#fastestSeconds };
  }

  /** Gives the memory back. The session must not be used afterwards. */
  async release(): Promise<void> {
    await this.#inference.release();
  }

  #feed(name: string, tensor: Tensor | undefined, expected: Signature): RuntimeTensor {
    if (tensor === undefined) {
      throw new Error(`internal: ${this.#name}: input ${name} is missing, a ${typed(expected)}`);
    }
    if (
      tensor.dtype !== expected.dtype ||
      !sameShape(tensor.shape, expected.shape) ||
      tensor.data.length !== elementCount(expected.shape)
    ) {
      const got = `${typed(tensor)} of ${tensor.data.length} values`;
      throw new Error(`internal: ${this.#name}: input ${name} is ${got}, must be ${typed(expected)}`);
    }
    return new RuntimeTensor(tensor.dtype, tensor.data, tensor.shape);
  }
}

function typed({ dtype, shape }: Signature): string {
  return `${dtype} [${shape}]`;
}

/** Passes the result on; turns an allocation that failed into LikenessError 'memory'. */
async function mapOutOfMemory<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    const message = 'there is not enough memory for this model at this size';
    throw memoryFault(
      error,
      message,
      'Close other programs, choose a smaller size or batch, or another device.',
    );
  }
}

/**
 * Places of copies of the graph's kernels by name, mapped from the cache folder rather than folded for every session. None
 * where they cannot be stored: on a full disk, or with the cache folder on another drive than the weights, since all files of
 * a session must be on one. Pictures then take a little longer, and teaching starts later and takes more memory.
 */
async function storeKernels(
  graph: Graph,
  weights: WeightSource,
  cacheFolder: string,
  { device, winograd }: Pick<SessionOptions, 'device' | 'winograd'>,
): Promise<ReadonlyMap<string, WeightLocation>> {
  const folder = resolve(cacheFolder);
  // The other forms were measured on the CPU.
  const wanted = kernelCopies(graph, winograd).filter(({ form }) => device === 'cpu' || form === 'turned');
  const kernels = wanted.flatMap((copy) => {
    const location = weights(copy.of);
    return 'data' in location || parse(location.file).root !== parse(folder).root ? [] : [{ copy, location }];
  });
  try {
    return await locateStoredKernels(kernels, folder);
  } catch (error) {
    if (error instanceof LikenessError && error.code === 'storage') return new Map();
    throw error;
  }
}
