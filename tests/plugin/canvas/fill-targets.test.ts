/** Layers of real design files as targets: each kind is filled, or says why not, and stays as the designer made it. */

import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../../plugin/build.ts';
import type { FillNote, FillObstacle } from '../../../plugin/layout-messages.ts';
import type { FakeFigma } from './fake-figma.ts';
import type { FakeNode } from './fake-node.ts';
import { FillDriver } from './fill-driver.ts';
import { GREY, openPoster } from './poster.ts';

let driver: FillDriver;
let figma: FakeFigma;
let hero: FakeNode;
let inside: ReturnType<typeof openPoster>['inside'];

beforeAll(() => buildPlugin());
beforeEach(() => {
  ({ driver, figma, hero, inside } = openPoster());
});

function withChild(type: string): FakeNode {
  hero.type = type;
  figma.add('Label', { type: 'TEXT', x: 310, y: 160, width: 80, height: 20 }).moveTo(hero);
  return hero;
}

describe('a layer that can be filled', () => {
  it.each<[what: string, made: () => FakeNode, notes: readonly FillNote[]]>([
    ['an ellipse', () => Object.assign(hero, { type: 'ELLIPSE' }), []],
    ['a polygon', () => Object.assign(hero, { type: 'POLYGON' }), []],
    ['a star', () => Object.assign(hero, { type: 'STAR' }), []],
    ['a vector', () => Object.assign(hero, { type: 'VECTOR' }), []],
    ['a boolean operation, drawn from its layers', () => withChild('BOOLEAN_OPERATION'), []],
    ['a frame that holds layers', () => withChild('FRAME'), ['layers']],
    ['a main component', () => Object.assign(hero, { type: 'COMPONENT' }), ['component']],
    ['a layer of a main component', () => inside('COMPONENT'), ['component']],
    ['an instance', () => Object.assign(hero, { type: 'INSTANCE' }), []],
    ['a layer of an instance', () => inside('INSTANCE'), []],
    ['in a group', () => inside('GROUP'), []],
    ['in a section', () => inside('SECTION'), []],
    ['hidden', () => Object.assign(hero, { visible: false }), ['hidden']],
    [
      'in a hidden frame',
      () => Object.assign(inside('FRAME').parent, { visible: false }) && hero,
      ['hidden'],
    ],
    ['of a hundredth of a pixel more than one', () => Object.assign(hero, { width: 1.01, height: 1.01 }), []],
    ['of 10,000 px', () => Object.assign(hero, { width: 10_000, height: 10_000 }), []],
    ['twenty times as wide as high', () => Object.assign(hero, { width: 400.5, height: 20.025 }), []],
  ])(
    '%s: filled, chosen again and undone, in one step each, and nothing else changes',
    async (_, made, notes) => {
      const layer = made();
      figma.begin();
      const before = figma.nodes.map(({ relativeTransform, width }) => ({ relativeTransform, width }));
      expect((await driver.layout(layer)).target).toMatchObject({ nodeId: hero.id, notes });
      const job = await driver.fill(layer);
      expect(FillDriver.shown(hero)).toEqual(['hash-1']);
      await driver.choose(layer, job, 1);
      expect(FillDriver.shown(hero)).toEqual(['hash-2']);
      expect(figma.undoSteps).toBe(2);
      figma.undo();
      expect(FillDriver.shown(hero)).toEqual(['hash-1']);
      figma.undo();
      expect(hero.fills).toEqual([GREY]);
      expect(figma.nodes.map(({ relativeTransform, width }) => ({ relativeTransform, width }))).toEqual(
        before,
      );
      expect([figma.complaints, figma.notices]).toEqual([[], []]);
    },
  );

  it('keeps fills that are bound to variables, several of them, and patterns', async () => {
    const boundVariables = { color: { type: 'VARIABLE_ALIAS', id: 'VariableID:1:2' } };
    const own = [
      { ...GREY, boundVariables },
      { type: 'GRADIENT_LINEAR', gradientStops: [], opacity: 0.5 },
      { type: 'PATTERN', sourceNodeId: '9:9' },
    ];
    hero.fills = own;
    await driver.fill(hero, { count: 1 });
    expect(hero.fills).toMatchObject([...own, { type: 'IMAGE' }]);
    expect(figma.complaints).toEqual([]);
  });

  it('is detached from the style of its fill, with words, and linked again by the same undo', async () => {
    hero.fillStyleId = 'S:brand-grey';
    figma.begin();
    expect((await driver.layout(hero)).target).toMatchObject({ isEmpty: true, notes: ['style'] });
    await driver.fill(hero, { count: 1 });
    expect([hero.fillStyleId, FillDriver.shown(hero)]).toEqual(['', ['hash-1']]);
    expect(figma.notices).toEqual(['“Hero” is detached from the style of its fill. Undo links it again.']);
    figma.undo();
    expect([hero.fillStyleId, hero.fills]).toEqual(['S:brand-grey', [GREY]]);
  });
});

describe('a selection that cannot be filled says why', () => {
  const ofType = (type: string) => () => [Object.assign(hero, { type })];
  it.each<[why: FillObstacle, what: string, made: () => readonly FakeNode[]]>([
    ['text', 'text', ofType('TEXT')],
    ['text', 'text on a path', ofType('TEXT_PATH')],
    ['line', 'a line', () => [Object.assign(hero, { type: 'LINE', height: 0 })]],
    ['line', 'a vector of one stroke', () => [Object.assign(hero, { type: 'VECTOR', height: 0 })]],
    ['group', 'a group', ofType('GROUP')],
    ['section', 'a section', ofType('SECTION')],
    ['set', 'a component set', ofType('COMPONENT_SET')],
    ['other', 'a slice', ofType('SLICE')],
    ['mask', 'a mask', () => [Object.assign(hero, { isMask: true })]],
    ['part', 'a part of a boolean operation', () => [inside('BOOLEAN_OPERATION')]],
    ['mixed', 'parts with different fills', () => [Object.assign(hero, { fills: Symbol('mixed') })]],
    ['small', 'half a pixel', () => [Object.assign(hero, { width: 0.5 })]],
    ['several', 'two empty frames', () => [hero, figma.add('Second', { type: 'FRAME' })]],
  ])('(%s) %s', async (why, _, made) => {
    const { target, obstacle } = await driver.layout(...made());
    expect(target).toBeNull();
    expect(obstacle).toMatchObject({ why });
  });

  it('in the words of what it became while the pictures were made', async () => {
    const { end } = await driver.make(hero);
    hero.isMask = true;
    await end();
    expect(figma.notices).toEqual(['“Hero” cannot be filled: it is a mask. Use another layer.']);
    expect([hero.fills, figma.undoSteps]).toEqual([[GREY], 0]);
  });

  it('in words that a notice holds, whatever its name', async () => {
    const { end } = await driver.make(hero);
    Object.assign(hero, { name: 'Hero '.repeat(40), fills: Symbol('mixed') });
    await end();
    expect([figma.notices.length, figma.complaints]).toEqual([1, []]);
  });
});
