/** The built main thread on the studio's own canvas: fills and scenes lie there as they lie in Figma. */

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { runInThisContext } from 'node:vm';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import type { MainToUi, UiToMain } from '../../plugin/messages.ts';
import { openSandbox, pngHeader, type Sandbox } from './sandbox.ts';

type Frame = ReturnType<Sandbox['figma']['createFrame']>;

let sandbox: Sandbox;
let poster: Frame;
let hero: Frame;

beforeAll(() => buildPlugin());
beforeEach(() => {
  sandbox = openSandbox();
  const { figma } = sandbox;
  [poster, hero] = [figma.createFrame(), figma.createRectangle()];
  poster.name = 'Poster';
  poster.resize(800, 400);
  [poster.x, poster.y] = [500, 900];
  hero.name = 'Hero';
  hero.resize(400, 200);
  poster.appendChild(hero);
  [hero.x, hero.y] = [200, 100];
  const main = readFileSync(fileURLToPath(new URL('../../plugin/dist/main.js', import.meta.url)), 'utf8');
  // In this realm: the studio takes no messages of another one.
  const run = runInThisContext(`(figma, __html__) => { ${main} }`) as (...given: unknown[]) => void;
  run(figma, '<p>');
});

const tell = (message: UiToMain) => sandbox.api.ui.receive(message);
const heard = <Type extends MainToUi['type']>(type: Type) =>
  (sandbox.host.posted as MainToUi[]).filter((message) => message.type === type) as Extract<
    MainToUi,
    { type: Type }
  >[];
const commits = (count: number) => expect.poll(() => sandbox.host.commits).toHaveLength(count);

describe('on the studio’s canvas', () => {
  it('a layer of a turned frame is offered as it is seen, filled upright in one step, and can be chosen', async () => {
    poster.rotation = 90;
    sandbox.figma.currentPage.selection = [hero];
    tell({ type: 'read-layout' });
    await expect.poll(() => heard('layout')).toHaveLength(1);
    const [{ target, area }] = heard('layout') as [Extract<MainToUi, { type: 'layout' }>];
    expect(target).toMatchObject({ width: 200, height: 400, layout: { name: 'Poster' }, notes: [] });
    expect(area).toMatchObject({ width: 400, height: 800, layers: [{ x: 0.25, y: 0.25, width: 0.5 }] });
    const job = { jobId: 'job-a', names: ['one', 'two'], width: 200, height: 400 };
    tell({ type: 'open-batch', ...job, fill: { nodeId: hero.id, place: null } });
    for (const index of [0, 1]) {
      const picture = { jobId: 'job-a', index, kind: 'final', record: `{"seed":${index}}` } as const;
      const bytes = pngHeader(100 + index, 200) as Uint8Array<ArrayBuffer>;
      tell({ type: 'picture', ...picture, bytes });
    }
    tell({ type: 'close-batch', jobId: 'job-a' });
    await commits(1);
    const shown = () => hero.fills.filter(({ type, visible }) => type === 'IMAGE' && visible !== false);
    expect(shown()).toMatchObject([{ scaleMode: 'CROP' }]);
    const [first] = shown();
    tell({ type: 'choose-fill', nodeId: hero.id, jobId: 'job-a', index: 1 });
    await commits(2);
    expect(shown()).toHaveLength(1);
    expect(shown()[0]).not.toEqual(first);
  });

  it('a scene lies upright over a turned frame, under its cut-out, again in place of the one before', async () => {
    poster.rotation = 30;
    const box = poster.absoluteBoundingBox;
    for (const index of [0, 1]) {
      const layer = { layer: 'Scene', blend: 'NORMAL', opacity: 1, box: null, isLast: true } as const;
      const bytes = pngHeader(8, 8 + index) as Uint8Array<ArrayBuffer>;
      tell({ type: 'place-scene', nodeId: hero.id, jobId: 'job-a', index, ...layer, bytes });
    }
    await commits(2);
    expect(poster.children.map(({ name }) => name)).toEqual(['Scene of Hero', 'Hero']);
    const scene = poster.children[0]!;
    for (const side of ['x', 'y', 'width', 'height'] as const)
      expect(scene.absoluteBoundingBox[side]).toBeCloseTo(box[side], 3);
    expect(sandbox.host.notifications).toEqual([]);
  });

  it('takes no transform that it cannot draw', () => {
    const turned = (a: number, b: number) =>
      Object.assign(hero, {
        relativeTransform: [
          [a, -b, 5],
          [b, a, 6],
        ],
      });
    turned(0, -1);
    expect([hero.rotation, hero.x, hero.y]).toEqual([90, 5, 6]);
    expect(() => turned(2, 0)).toThrow('neither scales, mirrors nor skews');
    expect(() =>
      Object.assign(hero, {
        relativeTransform: [
          [-1, 0, 0],
          [0, 1, 0],
        ],
      }),
    ).toThrow('mirrors');
    expect(() => Object.assign(hero, { relativeTransform: 'turned' })).toThrow('two rows');
  });
});
