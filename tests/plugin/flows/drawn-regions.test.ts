import { describe, expect, it } from 'vitest';
import { draftOf, emptyGenerate, jobSpecOf } from '../../../plugin/ui/work/drafts.ts';
import { placesOf, usuallyKeepsRest } from '../../../plugin/ui/work/generate/drawn-regions.ts';
import { withoutPlace, withPlaceChanged, withPlaces } from '../../../plugin/ui/work/generate/place-edits.ts';
import { inPresentNames } from '../../../plugin/ui/work/generate/prompt-names.ts';
import { generateRequestSchema } from '../../../shared/protocol/requests.ts';
import { browserPath } from '../../browser/installed-browser.ts';
import { concept, welcome } from '../protocol-samples.ts';
import { useWorkplaces, type Workplace } from '../workplace.ts';

const { model } = welcome;
const LEFT = { nodeId: '1:1', name: 'Left', x: 0, y: 0.25, width: 0.5, height: 0.5 };
const RIGHT = { ...LEFT, nodeId: '1:2', name: 'Right', x: 0.5 };
const POSTER = { nodeId: '1:0', name: 'Poster', width: 1440, height: 810, layers: [LEFT, RIGHT] };
const box = { x: 0, y: 0.25, width: 0.5, height: 0.5 };

const draft = { ...emptyGenerate(), prompt: '@aurora and @summit on a beach' };
const specOf = (one: typeof draft) => generateRequestSchema.parse(jobSpecOf(one, model, undefined));

describe('places of a draft', () => {
  it('are columns of several products, and nothing is asked for', () => {
    expect(placesOf(draft).map(({ concept: name, column }) => [name, column])).toEqual([
      ['aurora', { x: 0, width: 0.5 }],
      ['summit', { x: 0.5, width: 0.5 }],
    ]);
    expect(placesOf({ ...draft, prompt: '@aurora' })[0]!.column).toBeUndefined();
    expect(specOf(draft).regions).toBeUndefined();
  });

  it('are layers of a frame, whose proportions the pictures take', () => {
    const placed = withPlaces(draft, POSTER, new Map([['aurora', LEFT]]));
    expect(specOf(placed)).toMatchObject({
      regions: [{ concept: 'aurora', ...box }],
      size: { width: 88, height: 48 },
    });
    const changed = withPlaceChanged(placed, 'aurora', { strength: 0.8, feather: 0.1 });
    expect(specOf(changed).regions).toEqual([{ concept: 'aurora', ...box, strength: 0.8, feather: 0.1 }]);
    // Another layer keeps what was set.
    expect(specOf(withPlaces(changed, POSTER, new Map([['aurora', RIGHT]]))).regions).toEqual([
      { concept: 'aurora', ...box, x: 0.5, strength: 0.8, feather: 0.1 },
    ]);
    expect(withoutPlace(placed, 'aurora')).toEqual(draft);
  });

  it('keep the rest only where every product has one', () => {
    const one = { ...withPlaces(draft, POSTER, new Map([['aurora', LEFT]])), keepRest: true };
    expect(specOf(one).keepRest).toBeUndefined();
    expect(specOf(withPlaces(one, POSTER, new Map([['summit', RIGHT]]))).keepRest).toBe(true);
    // A product that the prompt no longer mentions has none.
    const alone = specOf({ ...one, prompt: '@summit' });
    expect([alone.regions, alone.keepRest]).toEqual([undefined, undefined]);
  });

  it('say of the rest only what was chosen, and that it may change for one product too', () => {
    const placed = withPlaces(
      { ...draft, prompt: '@aurora on a beach' },
      POSTER,
      new Map([['aurora', LEFT]]),
    );
    expect([usuallyKeepsRest(placed), specOf(placed).keepRest]).toEqual([true, undefined]);
    expect(specOf({ ...placed, keepRest: false }).keepRest).toBe(false);
    expect(draftOf(specOf({ ...placed, keepRest: false }), []).keepRest).toBe(false);
    const both = withPlaces(
      withPlaces(draft, POSTER, new Map([['aurora', LEFT]])),
      POSTER,
      new Map([['summit', RIGHT]]),
    );
    expect(usuallyKeepsRest(both)).toBe(false);
  });

  it('are those of a request that is used again, and of a concept that was renamed', () => {
    const placed = withPlaces(draft, POSTER, new Map([['aurora', LEFT]]));
    const versions = [{ id: 'concept-aurora', name: 'aurora', version: 1 }];
    const again = draftOf(specOf(placed), versions);
    expect(specOf(again)).toEqual({ ...specOf(placed), concepts: versions });
    const renamed = inPresentNames(again, [{ ...concept({ name: 'aurora-2027' }), id: 'concept-aurora' }]);
    expect(specOf(renamed).regions).toEqual([{ concept: 'aurora-2027', ...box }]);
  });
});

describe.skipIf(browserPath === undefined)('a person', () => {
  const open = useWorkplaces();
  let work: Workplace;

  it('places two products in the layers that are selected, and keeps the rest', async () => {
    const concepts = ['aurora', 'summit'].map((name) => concept({ name, hasThumbnail: false }));
    work = await open({ companion: { concepts, model: { ...model, isDemonstration: true } } });
    const { ui, say } = work.stage;
    await ui.getByLabel('Prompt').fill('@aurora and @summit on a beach');
    await ui.getByText('They stand side by side').waitFor();
    await say({ type: 'layout', target: null, area: POSTER, canvas: '' });
    await ui.getByRole('button', { name: 'Place in “Left”' }).click();
    const keep = ui.getByLabel('Keep the rest');
    await expect.poll(() => keep.isDisabled()).toBe(true);
    await ui.getByRole('button', { name: 'Place in “Right”' }).click();
    await ui.getByRole('img', { name: 'Where they stand: @aurora left, @summit right' }).waitFor();
    await keep.check();
    const strength = ui.getByRole('list', { name: 'Places' }).getByLabel('Strength').first();
    await strength.fill('0.5');
    await ui.getByRole('button', { name: 'Generate 4 variants' }).click();
    await work.received('generate').toMatchObject([
      {
        regions: [
          { concept: 'aurora', ...box, strength: 0.5 },
          { concept: 'summit', ...box, x: 0.5 },
        ],
        ...{ keepRest: true, size: { width: 88, height: 48 } },
      },
    ]);
    await ui.getByRole('button', { name: 'Take the place of @summit away' }).click();
    await expect.poll(() => keep.isDisabled()).toBe(true);
  });
});
