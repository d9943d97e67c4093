/** Teaching on one fixed batch: loss before each AdamW step, the factors after some, and the model's answer at last. */

import { AdamW } from '../../../companion/residuals/adamw.ts';
import { factorNames } from '../../../companion/residuals/attach.ts';
import type { Factors } from '../../../companion/residuals/factors.ts';
import type { Check } from '../check.ts';
import {
  ACTIVATION,
  type Comparison,
  compare,
  GRADIENT,
  PREDICTION,
  type Tolerance,
  worst,
} from '../comparison.ts';
import type { GoldenTensor, GoldenTensors } from '../golden-tensors.ts';
import { localizedOneByOne } from '../localized-run.ts';
import { lowRankFactors } from '../low-rank.ts';
import { lossAndGradients } from '../training-run.ts';

const LEARNING_RATE = 1e-3;
const WEIGHT_DECAY = 0.01;

/** Five thousandths of one step. */
const FACTOR: Tolerance = { limit: 5e-6, unit: 'absolute' };
/**
 * Adam divides a gradient by its own size: an element whose first gradient is no larger than ten roundings of the
 * largest moves by its rounding, in every implementation to another place. Such elements are not compared.
 */
const SMALLEST_GRADIENT = 10 * GRADIENT.limit;
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
      yield worst(`factors after step ${step}`, compareMoved(factors, expected, batch));
    }
    yield compare('loss before each step and after the last', got, losses, ACTIVATION);

    const feeds = { sample: batch.get('x_t'), timesteps: batch.get('t').data, states: batch.get('context') };
    const everywhere = { factors, tokenIndexes: [], mask: 'everywhere' } as const;
    const { prediction } = await localizedOneByOne(golden.pipeline, feeds, everywhere, 1);
    const expected = file.get(`out_after${losses.length - 1}`).data;
    yield compare('prediction after the last step', prediction, expected, PREDICTION);
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

function compareMoved(factors: Factors, expected: Factors, batch: GoldenTensors): Comparison[] {
  return [...expected].flatMap(([path, { down, up }]) => {
    const moved = (values: Float32Array, { data }: GoldenTensor) => {
      const largest = data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
      return values.filter((_, index) => Math.abs(data[index]!) > SMALLEST_GRADIENT * largest);
    };
    const got = factors.get(path)!;
    const [byDown, byUp] = [batch.get(`${path}.proj_out.dA`), batch.get(`${path}.proj_out.dB`)];
    return [
      compare(`${path}, down`, moved(got.down, byDown), moved(down, byDown), FACTOR),
      compare(`${path}, up`, moved(got.up, byUp), moved(up, byUp), FACTOR),
    ];
  });
}
