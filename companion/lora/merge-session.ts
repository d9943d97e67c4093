/**
 * MergeSession: the sum of a weight and a product of factors, for one shape after another. onnxruntime computes the large ones,
 * in a tenth of the time; for small ones a session costs more than the product.
 */

import { Graph } from '../graph/graph.ts';
import { matmul } from '../graph/ops/index.ts';
import { openSession, type Session } from '../runtime/session.ts';
import { float32, type Tensor } from '../tensor/tensor.ts';

/** Multiplications that take some 20 ms here; a session takes about as long to make. */
const DIRECT_MAX = 2 ** 24;

interface Product {
  /** [O, R] */
  readonly up: Float32Array;
  /** [R, C] */
  readonly down: Float32Array;
  readonly rank: number;
}

export class MergeSession {
  readonly #threads: number | undefined;
  #open: { readonly key: string; readonly session: Session } | undefined;

  constructor(threads?: number) {
    this.#threads = threads;
  }

  /** weight + up * down, [O, C] flat; `weight` may be changed. Weights of one shape and rank in a row share a session. */
  async merge(weight: Float32Array, { up, down, rank }: Product): Promise<Float32Array> {
    const [rows, columns] = [up.length / rank, down.length / rank];
    if (rows * columns * rank <= DIRECT_MAX) return mergeDirectly(weight, { up, down, rank });
    const session = await this.#sessionOf(rows, columns, rank);
    const { merged } = await session.run({
      weight: float32(weight, [rows, columns]),
      up: float32(up, [rows, rank]),
      down: float32(down, [rank, columns]),
    });
    return (merged as Tensor<'float32'>).data;
  }

  async close(): Promise<void> {
    await this.#open?.session.release();
    this.#open = undefined;
  }

  async #sessionOf(rows: number, columns: number, rank: number): Promise<Session> {
    const key = `${rows} ${columns} ${rank}`;
    if (this.#open?.key === key) return this.#open.session;
    await this.close();
    const graph = new Graph('merge');
    const up = graph.input('up', [rows, rank]);
    const down = graph.input('down', [rank, columns]);
    const add = graph.input('weight', [rows, columns]);
    graph.output('merged', matmul(up, down, { add }));
    // On the CPU, whatever the model runs on: the result goes to disk.
    const options = { arena: false, ...(this.#threads === undefined ? {} : { threads: this.#threads }) };
    const session = await openSession(graph, noWeights, options);
    this.#open = { key, session };
    return session;
  }
}

/** The same; the weight given is changed. */
function mergeDirectly(weight: Float32Array, { up, down, rank }: Product): Float32Array {
  const columns = down.length / rank;
  for (let row = 0; row < up.length / rank; row++) {
    for (let one = 0; one < rank; one++) {
      const factor = up[row * rank + one]!;
      for (let column = 0; column < columns; column++)
        weight[row * columns + column]! += factor * down[one * columns + column]!;
    }
  }
  return weight;
}

function noWeights(name: string): never {
  throw new Error(`internal: the merge has no weight ${name}`);
}
