/** SessionWeights: the form in which a session holds its graph's weights, and the bytes that they come to. */

import type { Graph } from '../graph/graph.ts';
import { parameterBytes } from '../graph/liveness.ts';
import { kernelCopies, type WinogradUse } from '../graph/ops/index.ts';
import { elementCount, type Shape } from '../tensor/tensor.ts';

/**
 * Weights of up to so many bytes are packed at once, in a second or two. Larger ones are mapped at first, which takes a tenth of
 * the time: whoever runs them often enough opens a packed session in place of it (pipeline/model-sessions.ts).
 */
const PACKED_AT_ONCE_BYTES = 1 << 30;

/** Form in which the CPU holds weights. */
export type WeightPlacement =
  /** Read in place, by memory map: ready at once, no memory of its own, 4 to 6 % slower. */
  | 'mapped'
  /** Copied into the layout that the kernels like best: fastest, and memory of its own in the place of the files'. */
  | 'packed';

export interface SessionWeights {
  readonly placement: WeightPlacement;
  /** Bytes of all parameters that the graph reads, and of the copies of kernels beside them or in their place. */
  readonly bytes: number;
  /** The part that is kernels in Winograd's form, which packing leaves where they lie. */
  readonly winogradBytes: number;
}

interface WeightOptions {
  readonly weights?: WeightPlacement | undefined;
  readonly winograd?: WinogradUse | undefined;
}

/** The weights of a session of `graph`. */
export function weightsOf(graph: Graph, { weights, winograd: use }: WeightOptions = {}): SessionWeights {
  const parameters = parameterBytes(graph);
  const isLarge = parameters > PACKED_AT_ONCE_BYTES;
  const copies = kernelCopies(graph, isLarge ? use : undefined);
  const winograd = copies.filter(({ form }) => form === 'winograd');
  const bytesOf = (shapes: readonly Shape[]) =>
    shapes.reduce((sum, shape) => sum + 4 * elementCount(shape), 0);
  const unread = bytesOf(winograd.map(({ from }) => from));
  return {
    placement: weights ?? (isLarge ? 'mapped' : 'packed'),
    bytes: parameters - unread + bytesOf(copies.map(({ shape }) => shape)),
    winogradBytes: bytesOf(winograd.map(({ shape }) => shape)),
  };
}
