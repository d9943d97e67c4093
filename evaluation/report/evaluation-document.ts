/** documentOf: an evaluation as a document, section after section. */

import type { SamplingSettings, TrainingDefaults } from '../../companion/pipeline/settings.ts';
import type { EvaluationPlan } from '../evaluation-plan.ts';
import { fine, interval, percent, plain, points, signed } from '../statistics/interval.ts';
import type { Estimate } from '../statistics/statistics.ts';
import type { EvaluationFigures } from './evaluation-figures.ts';
import type { Expectation } from './expectations.ts';
import { markdownTable } from './markdown-table.ts';
import type { ArmFigures } from './trial-figures.ts';

/** Beside the document. */
export const PLACING_SHEET = 'images/evaluation.jpg';
export const BASE_SHEET = 'images/evaluation-base.jpg';

export interface EvaluationReport {
  /** As it was typed. */
  readonly command: string;
  readonly model: { readonly name: string; readonly hash: string | undefined; readonly device: string };
  readonly evaluators: Readonly<Record<string, string>>;
  readonly machine: string;
  readonly plan: EvaluationPlan;
  readonly teaching: TrainingDefaults;
  readonly sampling: SamplingSettings;
  readonly figures: EvaluationFigures;
  readonly expectations: readonly Expectation[];
}

export function documentOf(report: EvaluationReport): string {
  const { figures } = report;
  const sections = [
    introduction(report),
    whatItMustShow(report),
    armsSection(figures),
    comparisons(figures),
    products(figures),
    baseModel(figures),
    classDrift(figures),
  ];
  return `${sections.join('\n\n')}\n`;
}

function introduction({
  figures,
  model,
  plan,
  command,
  machine,
  teaching,
  sampling,
}: EvaluationReport): string {
  const placements = new Set(plan.products.flatMap((product) => product.placements));
  const pictures = figures.arms.reduce((sum, { pictures: count }) => sum + count, 0);
  const quick = plan.isQuick
    ? '\n**A quick run**: few products, scenes and prompts, and teaching cut short. It shows that everything works, and says nothing about quality.\n'
    : '';
  return `# Evaluation

Written by \`${command}\` on ${machine}. Model ${model.name} (weights ${model.hash?.slice(0, 12)}), ${model.device}.
${quick}
${plan.products.length} products outside of the training set, ${referenceRange(figures)} cut-outs of each as references, ${placements.size} scenes that are in no
reference, ${plan.seeds.length === 1 ? 'one seed' : `${plan.seeds.length} seeds`}, ${pictures} pictures; all arms have the same seeds. Teaching: ${teaching.steps} steps, rank ${teaching.rank.fraction} m and at
least ${teaching.rank.minimum}, learning rate ${teaching.learningRate}. Sampling: ${sampling.sampler}, ${sampling.steps} steps, guidance ${sampling.guidanceScale}. Numbers in brackets are
95 % confidence intervals: bootstrap over products, with all their pictures.`;
}

function whatItMustShow({ figures, expectations }: EvaluationReport): string {
  return `## What it must show

${markdownTable(
  ['', 'measured', 'holds'],
  expectations.map(({ says, measured, holds }) => [
    says,
    measured,
    holds === undefined ? '–' : holds ? 'yes' : '**no**',
  ]),
)}

Localized sampling is judged with the model's recommended mask, ${figures.localized}.`;
}

function armsSection(figures: EvaluationFigures): string {
  return `## Arms

${markdownTable(
  ['arm', 'identity', 'scene accuracy', 'background change', 'mask overlap', 'a picture'],
  figures.arms.map(armRow),
)}

${teachingSentence(figures)}

- **Identity**: three quarters cosine of the classifier's embedding of the product alone, each number against its
  spread over many products, one quarter cosine of its colours, against the references' mean. 1 is the same; renders of
  the very product in these scenes reach 0.88, and of one that fits its description 0.72
  (tools/embedded-model/check-identity.ts).
- **Scene accuracy**: share of the pictures in which the classifier sees the scene that the prompt names.
- **Background change**: against the base model's picture of the same prompt and seed, outside of the object as the
  segmenter finds it in either, mean of the channels in levels of 255.
- **Mask overlap**: mask against the object that the segmenter finds in the finished picture, intersection over union.`;
}

function comparisons(figures: EvaluationFigures): string {
  return `## Localized sampling against what it must beat

Picture by picture, on the same scene and seed.

${markdownTable(
  [
    'mask',
    'identity above the description',
    'scene accuracy above the base model',
    'background over full residual',
  ],
  figures.comparisons.map(({ arm, identityGain, sceneGain, backgroundRatio }) => [
    arm,
    interval(identityGain, signed),
    interval(sceneGain, points),
    interval(backgroundRatio, plain),
  ]),
)}

Overlap of adaptive above median: ${interval(figures.overlapGains.adaptive, signed)}; by attention, as for products whose frames are not cut
out: ${interval(figures.overlapGains.attention, signed)}.

![Products by row: references, base model told in words, base model with the same prompt, full residual, localized sampling with median and adaptive masks and with masks by attention, outlined](${PLACING_SHEET})`;
}

function products(figures: EvaluationFigures): string {
  return `## Products

${markdownTable(
  [
    'product',
    'unseen',
    'words',
    ...figures.arms.map(({ title }) => title),
    'overlap, median',
    'overlap, adaptive',
    'overlap, by attention',
  ],
  figures.products.map(({ name, classWord, unseen, description, arms }) => [
    `${name}, a ${classWord}`,
    unseen.join(', '),
    description,
    ...arms.map(({ identity }) => fine(identity.mean)),
    ...(['median', 'adaptive', 'attention'] as const).map((key) => {
      const overlap = arms.find(({ arm }) => arm === key)?.maskOverlap;
      return overlap === undefined ? '' : plain(overlap.mean);
    }),
  ]),
)}

Columns of arms: identity.`;
}

function baseModel({ base }: EvaluationFigures): string {
  return `## The base model by itself

${base.prompts} random prompts (category, colour, pattern, scene), one seed each, judged by the classifier.

${markdownTable(
  ['right', 'share'],
  [
    ['category', interval(base.accuracy.product, percent)],
    ['colour', interval(base.accuracy.colour, percent)],
    ['– of plain products', optional(base.colourOfPlain, percent)],
    ['– both, of patterned products, in either order', optional(base.bothColours, percent)],
    ['pattern', interval(base.accuracy.pattern, percent)],
    ['scene', interval(base.accuracy.scene, percent)],
  ],
)}

![Fixed prompts and what the base model made of them](${BASE_SHEET})`;
}

function classDrift({ drift }: EvaluationFigures): string {
  return `## Class drift

${markdownTable(
  ['prompt', 'the same after use', 'the same with the concept loaded'],
  drift.map(({ prompt, isSameAfterUse, isSameWhenLoaded }) => [
    prompt,
    isSameAfterUse ? 'yes' : '**no**',
    isSameWhenLoaded ? 'yes' : '**no**',
  ]),
)}

The same: every byte of the picture. Between the first and the second picture the concept was placed once.`;
}

function armRow({ title, identity, sceneAccuracy, ...figures }: ArmFigures): string[] {
  const { backgroundChange, maskOverlap, seconds } = figures;
  return [
    title,
    interval(identity, fine),
    optional(sceneAccuracy, percent),
    optional(backgroundChange, (value) => value.toFixed(1)),
    optional(maskOverlap, plain),
    `${plain(seconds)} s`,
  ];
}

function optional(figure: Estimate | undefined, format: (value: number) => string): string {
  return figure === undefined ? '' : interval(figure, format);
}

function referenceRange({ products }: EvaluationFigures): string {
  const counts = products.map(({ references }) => references);
  const [fewest, most] = [Math.min(...counts), Math.max(...counts)];
  return fewest === most ? String(fewest) : `${fewest} to ${most}`;
}

function teachingSentence({ teachingSeconds }: EvaluationFigures): string {
  return teachingSeconds === undefined
    ? 'Every teaching was interrupted and resumed, so that none was timed.'
    : `Teaching one product took ${Math.round(teachingSeconds)} s (median). Times are of this run and its machine, busy or not.`;
}
