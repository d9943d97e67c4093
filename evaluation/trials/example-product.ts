/** A product with reference frames in `examples/`, as its product.json describes it. */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readJsonObject } from '../../companion/storage/json-file.ts';

const FACTS = 'product.json';

const schema = z.object({
  /** Name in prompts, without the @. */
  name: z.string(),
  classWord: z.string(),
  /** The best that words can say, with its article: "a purple mug with yellow stripes". */
  description: z.string(),
  /** Phrases for scenes that are in no reference. */
  placements: z.array(z.string()).min(1),
  /** Reason why the model has never seen its like: shape, pattern, colours. */
  unseen: z.array(z.string()).min(1),
});

export type ExampleProduct = z.infer<typeof schema> & {
  /** Reference frames, cut out: their alpha is the object's mask. */
  readonly frames: readonly string[];
};

export async function readExampleProduct(folder: string): Promise<ExampleProduct> {
  const facts = schema.parse(await readJsonObject(join(folder, FACTS)));
  const names = await readdir(folder);
  const frames = names.filter((name) => /^cutout-\d+\.png$/.test(name)).sort();
  return { ...facts, frames: frames.map((name) => join(folder, name)) };
}

/** Every product in a folder of products, by name. */
export async function readExampleProducts(folder: string): Promise<ExampleProduct[]> {
  const products: ExampleProduct[] = [];
  for (const entry of (await readdir(folder, { withFileTypes: true })).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  )) {
    if (entry.isDirectory()) products.push(await readExampleProduct(join(folder, entry.name)));
  }
  return products;
}
