/**
 * PassBatch: evaluations that pictures ask of the model at one step, in one run of its graph. Samples lie side by side, those
 * without the prompt of all pictures first; what concepts are fed, their factors and probes, all pictures share.
 */

import type { GraphSpec } from '../../graph/graph.ts';
import type { BatchIndex, Feeds } from '../../localization/localizer.ts';
import type { Pipeline } from '../../pipeline/pipeline.ts';
import { float32, type Tensor } from '../../tensor/tensor.ts';

/** One evaluation of a picture. Two of one graph, at one time and with the same concepts can share a run. */
export interface PassQuestion {
  /** Graph of a run of so many pictures. */
  readonly graph: (pictures: number) => GraphSpec;
  /** By identity: those of a request are the same objects for all of its pictures. */
  readonly concepts: readonly object[];
  /** The network's. */
  readonly time: number;
  /** Feeds that follow from concepts and time. */
  readonly shared: Feeds;
  /** The picture's own, [S, ...] each: S samples, 1, or 2 with guidance. */
  readonly own: Feeds;
  /** Reads the outputs of a run: gives the model's output [C, h, w]. @throws LikenessError where it is none */
  readonly read: (outputs: Feeds, at: BatchIndex) => Promise<Float32Array>;
}

/** Questions that can share a run, side by side, in their order. */
export function sharingRuns(questions: readonly PassQuestion[]): readonly (readonly PassQuestion[])[] {
  const runs: PassQuestion[][] = [];
  for (const question of questions) {
    const own = runs.find(([first]) => canShare(first!, question));
    if (own === undefined) runs.push([question]);
    else own.push(question);
  }
  return runs;
}

function canShare(one: PassQuestion, other: PassQuestion): boolean {
  return (
    one.time === other.time && one.concepts === other.concepts && one.graph(1).key === other.graph(1).key
  );
}

/**
 * Runs the graph of so many pictures, at least one a question; where there are fewer questions the last is asked again.
 * @returns the answer to each, or why there is none
 * @throws LikenessError `memory`
 */
export async function answersTo(
  pipeline: Pipeline,
  questions: readonly PassQuestion[],
  pictures: number,
): Promise<PromiseSettledResult<Float32Array>[]> {
  const asked = Array.from({ length: pictures }, (_, index) => questions[index] ?? questions.at(-1)!);
  const [{ graph, shared }] = asked as [PassQuestion];
  // Asked for at each step: its weights may have been packed since.
  const session = await pipeline.session(graph(pictures));
  const outputs = await session.run({ ...shared, ...stacked(asked.map(({ own }) => own)) });
  return Promise.allSettled(questions.map(({ read }, index) => read(outputs, { index, pictures })));
}

/** [S, ...] of each picture -> [S P, ...], half by half. */
function stacked(pictures: readonly Feeds[]): Feeds {
  const [first] = pictures;
  if (pictures.length === 1) return first!;
  const feeds: Record<string, Tensor> = {};
  for (const [name, { shape, data }] of Object.entries(first!)) {
    const [samples, ...rest] = shape as [number, ...number[]];
    const length = data.length / samples;
    const values = new Float32Array(pictures.length * data.length);
    for (const [index, own] of pictures.entries()) {
      for (let half = 0; half < samples; half++) {
        const sample = (own[name]!.data as Float32Array).subarray(half * length, (half + 1) * length);
        values.set(sample, (half * pictures.length + index) * length);
      }
    }
    feeds[name] = float32(values, [samples * pictures.length, ...rest]);
  }
  return feeds;
}

/** A picture's samples of a run's, [S P, ...] -> [S, ...]. @param samples S */
export function samplesAt(
  values: Float32Array,
  samples: number,
  { index, pictures }: BatchIndex,
): Float32Array {
  if (pictures === 1) return values;
  const length = values.length / samples / pictures;
  const own = new Float32Array(samples * length);
  for (let half = 0; half < samples; half++) {
    const first = (half * pictures + index) * length;
    own.set(values.subarray(first, first + length), half * length);
  }
  return own;
}
