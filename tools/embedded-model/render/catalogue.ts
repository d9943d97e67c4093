import type { Product } from './product.ts';
import { backpack } from './products/backpack.ts';
import { bottle } from './products/bottle.ts';
import { can } from './products/can.ts';
import { chair } from './products/chair.ts';
import { hat } from './products/hat.ts';
import { lamp } from './products/lamp.ts';
import { mug } from './products/mug.ts';
import { sneaker } from './products/sneaker.ts';
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
];
