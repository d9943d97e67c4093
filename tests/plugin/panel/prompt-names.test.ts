import { describe, expect, it } from 'vitest';
import { emptyGenerate, jobSpecOf } from '../../../plugin/ui/work/drafts.ts';
import { mentionedVersions, withVersion } from '../../../plugin/ui/work/generate/mentioned-versions.ts';
import { inPresentNames, nameProblem, withProduct } from '../../../plugin/ui/work/generate/prompt-names.ts';
import { concept, welcome } from '../protocol-samples.ts';

const version = (name: string) => ({ id: `concept-${name}`, name, version: 1 });
const named = (id: string, name: string) => ({ ...concept({ name }), id });
const draft = (prompt: string, ...names: readonly string[]) => ({
  ...emptyGenerate(),
  prompt,
  versions: names.map(version),
});

describe('a draft in present names', () => {
  it('finds two concepts that took each other’s name', () => {
    const swapped = [named('concept-a', 'b'), named('concept-b', 'a')];
    const { prompt, versions } = inPresentNames(draft('@A beside @b, me@a.org', 'a', 'b'), swapped);
    expect(prompt).toBe('@b beside @a, me@a.org');
    expect(versions.map(({ id, name }) => `${id} ${name}`)).toEqual(['concept-a b', 'concept-b a']);
  });

  it('is the same one where nothing was renamed', () => {
    const same = draft('@aurora', 'aurora');
    expect(inPresentNames(same, [concept({ name: 'aurora' })])).toBe(same);
  });
});

it.each([
  ['', '@aurora '],
  ['on a beach', '@aurora on a beach'],
  ['@Summit on a beach', '@aurora on a beach'],
  ['two of @aurora', 'two of @aurora'],
  ['@summit and @mug', '@aurora @summit and @mug'],
])('puts @aurora into %j: %j', (prompt, expected) => expect(withProduct(prompt, 'aurora')).toBe(expected));

it('goes by the recorded id, not by another concept of the same name', () => {
  const another = [named('concept-new', 'aurora')];
  expect(nameProblem(draft('@aurora', 'aurora'), another)).toMatchObject({ type: 'removed' });
  expect(nameProblem(draft('@aurora'), another)).toBeUndefined();
});

it('goes by the model of the version that is kept to, not of the newest', () => {
  const older = (usable: readonly [newest: boolean, oldest: boolean]) => {
    const { versions, ...rest } = concept({ name: 'aurora', version: 2, usable: usable[0] });
    return [{ ...rest, versions: versions.map((one, at) => ({ ...one, usable: usable[at]! })) }];
  };
  expect(nameProblem(draft('@aurora', 'aurora'), older([false, true]))).toBeUndefined();
  const problem = { type: 'other-model-version', name: 'aurora', version: 1 };
  expect(nameProblem(draft('@aurora', 'aurora'), older([true, false]))).toEqual(problem);
  expect(nameProblem(draft('@aurora', 'aurora'), older([false, false]))).toMatchObject({
    type: 'other-model',
  });
});

describe('the versions that a prompt mentions', () => {
  const concepts = [concept({ name: 'aurora', version: 3 }), concept({ name: 'summit' })];
  const told = (...names: readonly string[]) =>
    mentionedVersions(draft('@summit beside @Aurora and @nobody', ...names), concepts).map(
      ({ concept: { name }, version }) => [name, version],
    );

  it('are told where there are several: the newest, or the one that is kept to', () => {
    expect(told()).toEqual([['aurora', 3]]);
    expect(told('aurora', 'summit')).toEqual([['aurora', 1]]);
  });

  it('are changed one by one, and the newest is not kept to', () => {
    const kept = [version('summit'), version('aurora')];
    const second = withVersion(kept, concepts[0]!, 2);
    expect(second).toEqual([version('summit'), { ...version('aurora'), version: 2 }]);
    expect(withVersion(second, concepts[0]!, 3)).toEqual([version('summit')]);
  });
});

it('asks for no version of a concept whose name only begins a mentioned one', () => {
  const spec = jobSpecOf(draft('@aurora-2027', 'aurora'), welcome.model, undefined);
  expect(spec.concepts).toBeUndefined();
});
