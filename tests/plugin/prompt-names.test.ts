import { describe, expect, it } from 'vitest';
import { emptyGenerate, wishOf } from '../../plugin/ui/work/drafts.ts';
import { inPresentNames, nameProblem, withProduct } from '../../plugin/ui/work/prompt-names.ts';
import { concept, welcome } from './protocol-samples.ts';

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

it('asks for no version of a concept whose name only begins a mentioned one', () => {
  const wish = wishOf(draft('@aurora-2027', 'aurora'), welcome.model, undefined);
  expect(wish.concepts).toBeUndefined();
});
