/** Figures of an evaluation. */

import type { EvaluationTrials } from '../evaluation.ts';
import { sceneOf, type Vocabulary } from '../judge/vocabulary.ts';
import { type Estimate, estimate, estimateRatio, estimateShare, median } from '../statistics/statistics.ts';
import { type Arm, type LocalizedArm, localizedArm } from '../trials/arms.ts';
import { ASPECTS, type Aspect, type BaseSample } from '../trials/base-trial.ts';
import type { ClassDrift } from '../trials/class-drift.ts';
import type { Placed } from '../trials/placing-trial.ts';
import { type ArmFigures, armFigures, pairsOf } from './trial-figures.ts';

interface BaseFigures {
  readonly prompts: number;
  readonly accuracy: Readonly<Record<Aspect, Estimate>>;
  readonly colourOfPlain: Estimate | undefined;
  /** Both colours of a patterned product, in either order. */
  readonly bothColours: Estimate | undefined;
  readonly fixed: readonly { readonly prompt: string; readonly right: BaseSample['right'] }[];
}

/** Localized sampling against what it is to beat, on the same scenes and seeds. */
interface Comparison {
  readonly arm: LocalizedArm;
  /** Identity above the best description's. */
  readonly identityGain: Estimate;
  /** Scene accuracy above the base model's for the same prompts. */
  readonly sceneGain: Estimate;
  /** Background change over the full residual's. */
  readonly backgroundRatio: Estimate;
}

interface ProductFigures {
  readonly name: string;
  readonly classWord: string;
  readonly unseen: readonly string[];
  readonly description: string;
  readonly references: number;
  readonly teachingSeconds: number | undefined;
  readonly arms: readonly ArmFigures[];
}

export interface EvaluationFigures {
  readonly base: BaseFigures;
  readonly products: readonly ProductFigures[];
  readonly arms: readonly ArmFigures[];
  readonly comparisons: readonly Comparison[];
  /** Mask overlap of adaptive masks above the median's: the model's own, and those that go by attention. */
  readonly overlapGains: Readonly<Record<'adaptive' | 'attention', Estimate>>;
  /** For one product; undefined where every teaching was interrupted. */
  readonly teachingSeconds: number | undefined;
  readonly drift: readonly ClassDrift[];
  /** The localized arm that the model recommends. */
  readonly localized: 'median' | 'adaptive';
}

export function evaluationFigures(
  { random, fixed, products }: EvaluationTrials,
  vocabulary: Vocabulary,
  recommendedMask: Parameters<typeof localizedArm>[0],
): EvaluationFigures {
  const placed = products.flatMap((trial) => trial.placed);
  const wanted = (placement: string) => sceneOf(vocabulary, placement);
  const timed = products.flatMap(({ teachingSeconds }) => teachingSeconds ?? []);
  return {
    base: baseFigures(random, fixed),
    products: products.map(({ product, references, teachingSeconds, placed: own }) => ({
      name: product.name,
      classWord: product.classWord,
      unseen: product.unseen,
      description: product.description,
      references: references.length,
      teachingSeconds,
      arms: armFigures(own, { clusterOf: ({ placement }) => placement, sceneOf: wanted }),
    })),
    arms: armFigures(placed, { clusterOf: ({ product }) => product, sceneOf: wanted }),
    comparisons: (['median', 'adaptive', 'attention'] as const).map((arm) => comparison(placed, arm, wanted)),
    overlapGains: { adaptive: overlapGain(placed, 'adaptive'), attention: overlapGain(placed, 'attention') },
    teachingSeconds: timed.length === 0 ? undefined : median(timed),
    drift: products.map(({ drift }) => drift),
    localized: localizedArm(recommendedMask),
  };
}

function baseFigures(random: readonly BaseSample[], fixed: readonly BaseSample[]): BaseFigures {
  const share = (samples: readonly BaseSample[], aspect: Aspect) =>
    estimateShare(samples.map(({ right }) => right[aspect]));
  const colourOf = (samples: readonly BaseSample[]) =>
    samples.length === 0 ? undefined : share(samples, 'colour');
  return {
    prompts: random.length,
    accuracy: Object.fromEntries(ASPECTS.map((aspect) => [aspect, share(random, aspect)])) as Record<
      Aspect,
      Estimate
    >,
    colourOfPlain: colourOf(random.filter(({ subject }) => subject.second === undefined)),
    bothColours: colourOf(random.filter(({ subject }) => subject.second !== undefined)),
    fixed: fixed.map(({ prompt, right }) => ({ prompt, right })),
  };
}

function overlapGain(placed: readonly Placed[], arm: LocalizedArm): Estimate {
  return gain(placed, [arm, 'median'], ({ maskOverlap }) => maskOverlap ?? 0);
}

function comparison(
  placed: readonly Placed[],
  arm: LocalizedArm,
  sceneWanted: (placement: string) => string,
): Comparison {
  return {
    arm,
    identityGain: gain(placed, [arm, 'words'], ({ identity }) => identity),
    sceneGain: gain(placed, [arm, 'base'], ({ scene, placement }) =>
      scene === sceneWanted(placement) ? 1 : 0,
    ),
    backgroundRatio: estimateRatio(
      pairsOf(placed, arm, 'full').map(({ one, other }) => ({
        cluster: one.product,
        numerator: one.backgroundChange!,
        denominator: other.backgroundChange!,
      })),
    ),
  };
}

/** Difference of the first arm over the second, picture by picture. */
function gain(
  placed: readonly Placed[],
  [first, second]: readonly [Arm['key'], Arm['key']],
  of: (one: Placed) => number,
): Estimate {
  return estimate(
    pairsOf(placed, first, second).map(({ one, other }) => ({
      cluster: one.product,
      value: of(one) - of(other),
    })),
  );
}
