/** A poster with a grey hero layer in it, on a canvas where the plugin runs: what tests of filled layers begin with. */

import type { FakeNode } from './fake-node.ts';
import { FillDriver } from './fill-driver.ts';

export const GREY = { type: 'SOLID', color: { r: 0.8, g: 0.8, b: 0.8 } } as const;

export function openPoster() {
  const driver = new FillDriver();
  const { figma } = driver;
  const poster = figma.add('Poster', { type: 'FRAME', x: 100, y: 50, width: 800, height: 400 });
  const hero = figma.add('Hero', { x: 300, y: 150, width: 400, height: 200 });
  hero.moveTo(poster);
  hero.fills = [GREY];
  figma.run();
  figma.begin();

  /** The layer in a frame of a kind. */
  function inside(type: string, node = hero): FakeNode {
    const frame = figma.add('Outer', { type, x: 200, y: 100, width: 600, height: 300 });
    frame.moveTo(poster);
    node.moveTo(frame);
    return node;
  }

  return { driver, figma, poster, hero, inside };
}
