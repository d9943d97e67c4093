/** Teaching on one fixed batch: loss before each AdamW step, the factors after some, and the model's answer at last. */

import type { Factors } from '../../../companion/adapters/factors.ts';
import { factorNames } from '../../../companion/adapters/low-rank.ts';
import { AdamW } from '../../../companion/training/adamw.ts';
import type { Check } from '../check.ts';
import { type Comparison, compare, type Omission, type Tolerances, worst } from '../comparison.ts';
import type { GoldenTensors } from '../golden-tensors.ts';
import { localizedOneByOne } from '../localized-run.ts';
import { lowRankFactors } from '../low-rank.ts';
import { lossAndGradients } from '../training-run.ts';
import { goldenConditioning } from '../unet-run.ts';

const LEARNING_RATE = 1e-3;
const WEIGHT_DECAY = 0.01;

/**
 * Adam divides a gradient by its own size: an element whose first gradient is no larger than ten roundings of the
 * largest moves by its rounding, in every implementation to another place. Such elements are not compared.
 */
const smallestGradient = ({ gradient }: Tolerances): number => 10 * gradient.limit;
const STEP = /^step(\d+)\./;

export const optimizerSteps: Check = {
  subject: 'AdamW steps',
  async *run(golden) {
    const file = await golden.tensors('adamw.safetensors');
    const batch = await golden.tensors('grads.safetensors');
    const losses = file.get('losses').data;
    const recorded = new Set(file.names().flatMap((name) => STEP.exec(name)?.[1] ?? []));

    const factors = copied(lowRankFactors(golden, batch, batch.number('scale')));
    const optimizer = new AdamW(parametersOf(factors), WEIGHT_DECAY);
    const got: number[] = [];
    for (let step = 1; ; step++) {
      const { loss, gradients } = await lossAndGradients(golden, batch, factors);
      got.push(loss);
      if (got.length === losses.length) break;
      optimizer.step(gradients, LEARNING_RATE);
      if (!recorded.has(String(step))) continue;
      const expected = lowRankFactors(golden, file, 1, `step${step}.`);
      yield worst(`factors after step ${step}`, compareMoved(factors, expected, batch, golden.tolerances));
    }
    yield compare('loss before each step and after the last', got, losses, golden.tolerances.loss);

    const left = vanishing(batch, factors, golden.tolerances);
    if (left !== undefined) yield left;

    const feeds = {
      sample: batch.get('x_t'),
      timesteps: batch.get('t').data,
      conditioning: goldenConditioning(golden.pipeline, batch),
    };
    const everywhere = { factors, tokenIndexes: [], mask: 'everywhere' } as const;
    const { prediction } = await localizedOneByOne(golden.pipeline, feeds, everywhere, 1);
    const expected = file.get(`out_after${losses.length - 1}`).data;
    yield compare('prediction after the last step', prediction, expected, golden.tolerances.prediction);
  },
};

/** The optimizer changes its parameters in place; the golden arrays must stay as they are. */
function copied(factors: Factors): Factors {
  return new Map(
    [...factors].map(([path, factor]) => [
      path,
      { ...factor, down: factor.down.slice(), up: factor.up.slice() },
    ]),
  );
}

function parametersOf(factors: Factors): ReadonlyMap<string, Float32Array> {
  return new Map(
    [...factors].flatMap(([path, { down, up }]) => {
      const names = factorNames(0, path);
      return [[names.down, down] as const, [names.up, up] as const];
    }),
  );
}

function compareMoved(
  factors: Factors,
  expected: Factors,
  batch: GoldenTensors,
  tolerances: Tolerances,
): Comparison[] {
  return [...expected].flatMap(([path, { down, up }]) => {
    const got = factors.get(path)!;
    const [byDown, byUp] = gradientsAt(batch, path).map((gradient) => moves(gradient, tolerances)) as [
      Moves,
      Moves,
    ];
    return [
      compare(`${path}, down`, got.down.filter(byDown), down.filter(byDown), tolerances.factor),
      compare(`${path}, up`, got.up.filter(byUp), up.filter(byUp), tolerances.factor),
    ];
  });
}

type Moves = (value: number, index: number) => boolean;

function moves(gradient: Float32Array, tolerances: Tolerances): Moves {
  const smallest = smallestGradient(tolerances);
  const largest = gradient.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return (_value, index) => Math.abs(gradient[index]!) > smallest * largest;
}

/** By down and by up, at the start. */
function gradientsAt(batch: GoldenTensors, path: string): Float32Array[] {
  return ['dA', 'dB'].map((name) => batch.get(`${path}.proj_out.${name}`).data);
}

function vanishing(batch: GoldenTensors, factors: Factors, tolerances: Tolerances): Omission | undefined {
  const all = [...factors.keys()].flatMap((path) => gradientsAt(batch, path));
  const total = all.reduce((count, { length }) => count + length, 0);
  const still =
    total - all.reduce((count, gradient) => count + gradient.filter(moves(gradient, tolerances)).length, 0);
  if (still === 0) return undefined;
  const reason = `${still} of ${total} elements move by the rounding of their gradient`;
  return { kind: 'omission', check: 'vanishing gradients', reason };
}
