import type { Product } from './product.ts';
import { backpack } from './products/backpack.ts';
import { boot } from './products/boot.ts';
import { bottle } from './products/bottle.ts';
import { camera } from './products/camera.ts';
import { can } from './products/can.ts';
import { candle } from './products/candle.ts';
import { chair } from './products/chair.ts';
import { clock } from './products/clock.ts';
import { handbag } from './products/handbag.ts';
import { hat } from './products/hat.ts';
import { headphones } from './products/headphones.ts';
import { lamp } from './products/lamp.ts';
import { mug } from './products/mug.ts';
import { sneaker } from './products/sneaker.ts';
import { speaker } from './products/speaker.ts';
import { suitcase } from './products/suitcase.ts';
import { teapot } from './products/teapot.ts';
import { vase } from './products/vase.ts';

/** Order is part of the data format: labels are indexes into this list. Append only. */
export const products: readonly Product[] = [
  mug,
  bottle,
  can,
  vase,
  lamp,
  teapot,
  chair,
  backpack,
  sneaker,
  hat,
  handbag,
  suitcase,
  boot,
  candle,
  headphones,
  clock,
  speaker,
  camera,
];

/** The entry of that name, in any of the lists of things that can be rendered. */
export function named<T extends { readonly name: string }>(list: readonly T[], name: string): T {
  const found = list.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`${name} is not in the catalogue`);
  return found;
}
