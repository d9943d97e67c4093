/**
 * The rows of a study: one setting at a time varied around what the model recommends. The paper's values: Ham et al.,
 * CVPR 2024; it states no sampler, step count, guidance or treatment of the unconditional half.
 */

import type { SamplingSettings, TrainingDefaults } from '../../companion/pipeline/settings.ts';

/** All that decides how a taught product looks. */
export interface Variant {
  readonly teaching: TrainingDefaults;
  readonly sampling: SamplingSettings;
  readonly strength: number;
}

export interface StudyRow {
  /** As tables call it: "0.05 m, at least 1". */
  readonly value: string;
  readonly variant: Variant;
  readonly isPaper: boolean;
  readonly isRecommended: boolean;
}

export interface StudyGroup {
  readonly key: GroupKey;
  /** The setting, as a heading. */
  readonly title: string;
  readonly part: 'teaching' | 'sampling';
  readonly rows: readonly StudyRow[];
}

/** In the order of the report. */
export const GROUP_KEYS = [
  'rank',
  'noisy-rank',
  'learning-rate',
  'teaching-steps',
  'timesteps',
  'token',
  'mask',
  'guidance-residual',
  'guidance',
  'sampler',
  'sampling-steps',
  'strength',
] as const;

export type GroupKey = (typeof GROUP_KEYS)[number];

/** Shares of the numbers of steps: 1, or less for a look at how everything works. */
export interface StepShares {
  readonly teaching: number;
  readonly sampling: number;
}

export function studyGroups(recommended: Variant, shares: StepShares): StudyGroup[] {
  const { teaching, sampling } = recommended;
  const taught = <K extends keyof TrainingDefaults>(field: K, choice: Choice<TrainingDefaults[K]>) =>
    group('teaching', recommended, choice, teaching[field], (value) => ({
      ...recommended,
      teaching: { ...teaching, [field]: value },
    }));
  const sampled = <K extends keyof SamplingSettings>(field: K, choice: Choice<SamplingSettings[K]>) =>
    group('sampling', recommended, choice, sampling[field], (value) => ({
      ...recommended,
      sampling: { ...sampling, [field]: value },
    }));
  const teachingSteps = (steps: number) => stepsOf(steps, shares.teaching);
  return [
    taught('rank', {
      key: 'rank',
      title: 'Rank of a projection of m channels',
      values: [
        { fraction: 0.05, minimum: 1 },
        { fraction: 0.25, minimum: 16 },
        { fraction: 0.5, minimum: 16 },
      ],
      paper: { fraction: 0.05, minimum: 1 },
      name: ({ fraction, minimum }) => `${fraction} m, at least ${minimum}`,
    }),
    taught('noisyRankShare', {
      key: 'noisy-rank',
      title: 'Share of the rank at the noisiest timestep',
      values: [0, 0.5, 1],
      paper: 1,
    }),
    taught('learningRate', {
      key: 'learning-rate',
      title: 'Learning rate',
      values: [1e-3, 5e-3, 1e-2, 2e-2],
      paper: 1e-3,
      name: (rate) => rate.toExponential(),
    }),
    taught('steps', {
      key: 'teaching-steps',
      title: 'Steps of teaching',
      values: [150, 300, 600].map(teachingSteps),
      paper: teachingSteps(150),
    }),
    taught('timestepSampling', {
      key: 'timesteps',
      title: 'Draw of the training timesteps',
      values: ['uniform', 'logit-normal'],
      paper: 'uniform',
    }),
    taught('trainTokenEmbedding', {
      key: 'token',
      title: "The identifier's embedding",
      values: [false, true],
      paper: false,
      name: (isTrained) => (isTrained ? 'learned too' : "the checkpoint's"),
    }),
    sampled('mask', { key: 'mask', title: 'Mask', values: ['full', 'median', 'adaptive'], paper: 'median' }),
    sampled('guidanceResidual', {
      key: 'guidance-residual',
      title: 'Halves of guidance in which the residual acts',
      values: ['conditional', 'both'],
      name: (halves) => (halves === 'both' ? 'both' : 'the conditional one'),
    }),
    sampled('guidanceScale', { key: 'guidance', title: 'Guidance', values: [1.5, 2, 3, 4] }),
    sampled('sampler', { key: 'sampler', title: 'Sampler', values: ['ddim', 'euler', 'dpmpp2m'] }),
    sampled('steps', {
      key: 'sampling-steps',
      title: 'Steps of sampling',
      values: [12, 24, 40].map((steps) => stepsOf(steps, shares.sampling)),
    }),
    group(
      'sampling',
      recommended,
      { key: 'strength', title: 'Strength of the residual', values: [0.6, 0.8, 1, 1.2], paper: 1 },
      recommended.strength,
      (strength) => ({ ...recommended, strength }),
    ),
  ];
}

export function stepsOf(steps: number, share: number): number {
  return Math.ceil(steps * share);
}

interface Choice<T> {
  readonly key: GroupKey;
  readonly title: string;
  readonly values: readonly T[];
  /** Undefined where the paper says nothing. */
  readonly paper?: T;
  readonly name?: (value: T) => string;
}

/** @param own the recommended value: it gets a row even where it is none of the choice's */
function group<T>(
  part: StudyGroup['part'],
  recommended: Variant,
  { key, title, values, paper, name = String }: Choice<T>,
  own: T,
  varied: (value: T) => Variant,
): StudyGroup {
  const all = values.some((value) => isSame(value, own)) ? [...values] : [...values, own];
  if (typeof own === 'number') all.sort((a, b) => Number(a) - Number(b));
  const rows = all.map((value) => {
    const isRecommended = isSame(value, own);
    return {
      value: name(value),
      variant: isRecommended ? recommended : varied(value),
      isPaper: paper !== undefined && isSame(value, paper),
      isRecommended,
    };
  });
  return { key, title, part, rows };
}

function isSame(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other);
}
