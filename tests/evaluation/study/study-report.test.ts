import { expect, it } from 'vitest';
import { EXAMPLES } from '../../../companion/model-store/catalogue.ts';
import { readRecommendedSettings } from '../../../companion/pipeline/settings.ts';
import { replaceMarked } from '../../../evaluation/report/marked-section.ts';
import type { Scored } from '../../../evaluation/report/trial-figures.ts';
import type { GroupTrials } from '../../../evaluation/study/study.ts';
import { studyFigures } from '../../../evaluation/study/study-figures.ts';
import { GROUP_KEYS, type StudyGroup } from '../../../evaluation/study/study-groups.ts';
import { studyPlan } from '../../../evaluation/study/study-plan.ts';
import { studyBody, studyData, verdict } from '../../../evaluation/study/study-report.ts';

// A folder without likeness.json: the paper's settings are the recommended ones.
const defaults = await readRecommendedSettings(EXAMPLES);
const recommended = {
  ...defaults,
  teaching: { ...defaults.teaching, rank: { fraction: 0.5, minimum: 16 }, learningRate: 1e-2, steps: 600 },
  sampling: { ...defaults.sampling, steps: 24, guidanceScale: 2.5, mask: 'adaptive' as const },
};
const products = ['aurora', 'summit'].map((name) => ({
  name,
  classWord: 'mug',
  description: 'a mug',
  unseen: ['shape'],
  placements: ['a', 'b', 'c', 'd', 'e'],
  frames: ['secret/cutout.png'],
}));
const plan = studyPlan(products, recommended, { scenes: 3, seeds: 1, isQuick: false });

function groupOf(key: string): StudyGroup {
  return plan.groups.find((group) => group.key === key)!;
}

it('varies one setting at a time', () => {
  expect(plan.groups.map(({ key }) => key)).toEqual(GROUP_KEYS);
  const flat = ({ teaching, sampling, strength }: typeof plan.recommended) =>
    Object.entries({ ...teaching, ...sampling, teachingSteps: teaching.steps, strength });
  const own = flat(plan.recommended).map(([, value]) => JSON.stringify(value));
  for (const { rows } of plan.groups) {
    for (const { variant, isRecommended } of rows) {
      const changed = flat(variant).filter(([, value], index) => JSON.stringify(value) !== own[index]);
      expect(changed).toHaveLength(isRecommended ? 0 : 1);
    }
  }
});

it("marks the recommended value and the paper's, and gives a recommended value that is none of them its row", () => {
  const marks = (key: string) =>
    groupOf(key).rows.map(
      ({ value, isPaper, isRecommended }) =>
        `${value}${isPaper ? ' paper' : ''}${isRecommended ? ' own' : ''}`,
    );
  expect(marks('rank')).toEqual([
    '0.05 m, at least 1 paper',
    '0.25 m, at least 16',
    '0.5 m, at least 16 own',
  ]);
  expect(marks('learning-rate')).toEqual(['1e-3 paper', '5e-3', '1e-2 own', '2e-2']);
  expect(marks('timesteps')).toEqual(['uniform paper own', 'logit-normal']);
  expect(marks('mask')).toEqual(['full', 'median paper', 'adaptive own']);
  expect(marks('guidance')).toEqual(['1.5', '2', '2.5 own', '3', '4']);
});

it('takes scenes from all over the list, and less of everything where it is quick', () => {
  expect(plan.products.map(({ placements }) => placements)).toEqual([
    ['a', 'c', 'e'],
    ['a', 'c', 'e'],
  ]);
  const quick = studyPlan(products, recommended, { scenes: 3, seeds: 1, isQuick: true });
  expect(quick.products).toHaveLength(1);
  expect(quick.recommended.teaching.steps).toBe(12);
  const steps = quick.groups.find(({ key }) => key === 'teaching-steps')!;
  expect(steps.rows.map(({ value }) => value)).toEqual(['3', '6', '12']);
});

/** Every row's identity and background change, each a little different from scene to scene. */
function trialsOf(key: string, scores: readonly (readonly [identity: number, background: number])[]) {
  const { rows, ...group } = groupOf(key);
  const trials: GroupTrials = {
    ...group,
    rows: rows.map((row, index) => ({
      row,
      teachingSeconds: [30, 40],
      scored: plan.products.flatMap(({ name, placements }) =>
        placements.map((placement, place): Scored => {
          const [identity, background] = scores[index]!;
          return {
            product: name,
            placement,
            seed: 31,
            seconds: 2,
            identity: identity + 0.01 * place * (index + 1),
            scene: placement,
            backgroundChange: background + place,
            maskOverlap: row.value === 'full' ? undefined : 0.8,
          };
        }),
      ),
    })),
  };
  return studyFigures([trials], (placement) => placement)[0]!;
}

it('tells a winner that costs nothing', () => {
  const group = trialsOf('learning-rate', [
    [0.8, 20],
    [0.9, 20],
    [0.85, 20],
    [0.82, 20],
  ]);
  expect(group.winner).toBe('5e-3');
  expect(verdict(group)).toBe(
    "5e-3 is clearly better than 1e-2: identity +0.040 (+0.033 to +0.047), background +0.0, scene +0 points. The paper's, 1e-3: identity −0.070 (−0.083 to −0.057), background +0.0, scene +0 points.",
  );
});

it('keeps the recommended value where identity is bought with the background', () => {
  const group = trialsOf('mask', [
    [0.99, 40],
    [0.85, 22],
    [0.95, 20],
  ]);
  expect(group.winner).toBe('adaptive');
  expect(verdict(group)).toMatch(
    /^None is clearly better than adaptive\. Highest identity: full, .* The paper's, median/,
  );
  expect(group.rows[0]!.differences!.maskOverlap).toBeUndefined();
  expect(group.rows[1]!.differences!.maskOverlap).toMatchObject({ mean: 0 });
});

it('writes tables without a path in them', () => {
  const groups = [
    trialsOf('token', [
      [0.9, 20],
      [0.9, 20],
    ]),
    trialsOf('mask', [
      [0.99, 40],
      [0.85, 22],
      [0.95, 20],
    ]),
  ];
  const report = {
    command: 'npm run study',
    model: { name: 'a-model', hash: 'abc', device: 'cpu' },
    evaluators: {},
    machine: 'a test',
    plan,
    groups,
  };
  const body = studyBody(report);
  expect(body).toContain("| **the checkpoint's** (the paper's) | 0.910 | 21.0 | 0.80 | 100 % | 35 s | 6 |");
  expect(body).toMatch(
    /\| median \(the paper's\) \| 0\.870, −0\.110 \(−0\.\d{3} to −0\.\d{3}\) \| 23\.0, \+2\.0 \| 0\.80, \+0\.00 \| 100 %, \+0 points \| 2\.00 s \| 6 \|/,
  );
  expect(body).not.toMatch(/undefined|NaN|Infinity/);
  expect(`${body}${studyData(report)}`).not.toContain('secret');
});

it('replaces what stands between the comments, and nothing else', () => {
  const page = 'By hand.\n\n<!-- study: begin -->\n\nold\n\n<!-- study: end -->\n\nAlso by hand.\n';
  const replaced = replaceMarked(page, 'study', 'new');
  expect(replaced).toBe(page.replace('old', 'new'));
  expect(replaceMarked(replaced, 'study', 'new')).toBe(replaced);
  expect(() => replaceMarked('By hand.\n', 'study', 'new')).toThrow('no place for the study');
  expect(() => replaceMarked('<!-- study: end --><!-- study: begin -->', 'study', 'new')).toThrow('no place');
});
