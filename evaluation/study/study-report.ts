/** A study as the body of a page, and as data. */

import { markdownTable } from '../report/markdown-table.ts';
import { fine, interval, percent, plain, points, signed } from '../statistics/interval.ts';
import type { GroupFigures, RowFigures } from './study-figures.ts';
import type { StudyPlan } from './study-plan.ts';

export interface StudyReport {
  /** As it was typed. */
  readonly command: string;
  readonly model: { readonly name: string; readonly hash: string | undefined; readonly device: string };
  readonly evaluators: Readonly<Record<string, string>>;
  readonly machine: string;
  readonly plan: StudyPlan;
  readonly groups: readonly GroupFigures[];
}

/** The parts of the plan that a reader cannot find elsewhere: paths belong to one computer. */
export function studyData({ plan, ...report }: StudyReport): string {
  const { isQuick, seeds, products, recommended } = plan;
  const placements = Object.fromEntries(products.map(({ name, placements }) => [name, placements]));
  const data = { schema: 1, ...report, plan: { isQuick, seeds, placements, recommended } };
  return `${JSON.stringify(data, undefined, 2)}\n`;
}

export function studyBody({ command, model, machine, plan, groups }: StudyReport): string {
  const { products, seeds, recommended } = plan;
  const { teaching, sampling } = recommended;
  const scenes = new Set(products.flatMap(({ placements }) => placements));
  const quick = plan.isQuick
    ? '\n**A quick run**: one product, few scenes, teaching and sampling cut short. It shows that everything works, and says nothing about settings.\n'
    : '';
  return `Written by \`${command}\` on ${machine}. Model ${model.name} (weights ${model.hash?.slice(0, 12)}), ${model.device}.
${quick}
Products: ${products.map(({ name, classWord }) => `${name}, a ${classWord}`).join('; ')}. Scenes: ${[...scenes].join(', ')}. ${seeds.length === 1 ? 'One seed' : `${seeds.length} seeds`}.
Every row changes one setting of these: rank ${teaching.rank.fraction} m and at least ${teaching.rank.minimum}, learning rate ${teaching.learningRate.toExponential()}
(${teaching.learningRateSchedule}), ${teaching.steps} steps, timesteps ${teaching.timestepSampling}; ${sampling.sampler}, ${sampling.steps} steps, guidance ${sampling.guidanceScale}, mask
${sampling.mask}. Bold is the recommended value; behind the others' figures stands the difference to it, for identity
with a 95 % interval (bootstrap over products and scenes: it tells of these, not of others). Clearly better is what is
better in identity, scene or background by more than that interval, and worse in none.

${groups.map(groupSection).join('\n\n')}`;
}

function groupSection(group: GroupFigures): string {
  const { title, part, rows } = group;
  const isTeaching = part === 'teaching';
  const hasMask = rows.some(({ maskOverlap }) => maskOverlap !== undefined);
  const header = [
    'value',
    'identity',
    'background change',
    ...(hasMask ? ['mask overlap'] : []),
    'scene accuracy',
    isTeaching ? 'teaching' : 'a picture',
    'pictures',
  ];
  const cells = (row: RowFigures) => [
    valueCell(row),
    `${fine(row.identity.mean)}${row.differences === undefined ? '' : `, ${interval(row.differences.identity, signed)}`}`,
    cell(row.backgroundChange?.mean, row.differences?.backgroundChange.mean, tenths),
    ...(hasMask ? [cell(row.maskOverlap?.mean, row.differences?.maskOverlap?.mean, plain)] : []),
    cell(row.sceneAccuracy?.mean, row.differences?.sceneAccuracy.mean, percent, points),
    isTeaching ? secondsCell(row.teachingSeconds) : `${plain(row.seconds)} s`,
    String(row.pictures),
  ];
  return `### ${title}\n\n${markdownTable(header, rows.map(cells))}\n\n${verdict(group)}`;
}

/** The winner, its lead, and the place of the paper's value. */
export function verdict({ rows, winner }: Pick<GroupFigures, 'rows' | 'winner'>): string {
  const own = rows.find(({ isRecommended }) => isRecommended)!;
  const won = rows.find(({ value }) => value === winner)!;
  const paper = rows.find(({ isPaper }) => isPaper);
  const best = rows.reduce((one, other) => (other.identity.mean > one.identity.mean ? other : one));
  const sentences = [
    won === own
      ? `None is clearly better than ${own.value}${own.isPaper ? ", which is the paper's" : ''}.`
      : `${won.value}${won.isPaper ? ", the paper's," : ''} is clearly better than ${own.value}: ${against(won)}.`,
  ];
  if (best !== own && best !== won) sentences.push(`Highest identity: ${best.value}, ${against(best)}.`);
  if (paper !== undefined && paper !== own && paper !== won && paper !== best) {
    sentences.push(`The paper's, ${paper.value}: ${against(paper)}.`);
  }
  return sentences.join(' ');
}

/** @param row not the recommended one */
function against({ differences }: RowFigures): string {
  const { identity, backgroundChange, sceneAccuracy } = differences!;
  return `identity ${interval(identity, signed)}, background ${change(backgroundChange.mean, tenths)}, scene ${change(sceneAccuracy.mean, points)}`;
}

function valueCell({ value, isRecommended, isPaper }: RowFigures): string {
  return `${isRecommended ? `**${value}**` : value}${isPaper ? " (the paper's)" : ''}`;
}

function cell(
  mean: number | undefined,
  difference: number | undefined,
  format: (value: number) => string,
  formatChange = format,
): string {
  if (mean === undefined) return '';
  return difference === undefined ? format(mean) : `${format(mean)}, ${change(difference, formatChange)}`;
}

/** With its sign, in the unit of the figure. */
function change(difference: number, format: (value: number) => string): string {
  return `${difference < 0 ? '−' : '+'}${format(Math.abs(difference))}`;
}

function secondsCell(seconds: number | undefined): string {
  return seconds === undefined ? 'interrupted' : `${Math.round(seconds)} s`;
}

function tenths(value: number): string {
  return value.toFixed(1);
}
