/** Published models' needs: the memory of a picture, and its work, by which their cost is told before one is fetched. */

import type { GraphWork } from '../graph/work.ts';

/** One sample of the denoiser, and the decoder, by the picture's side in pixels. */
export type PublishedWork = Readonly<Record<number, readonly [sample: GraphWork, decoder: GraphWork]>>;

/** About: weights in fp32, and what a picture of the usual size needs beside them. */
export const MEMORY = { version1: 5e9, version2: 5.5e9, xl: 13e9, xlSmall: 11e9 } as const;

const [DECODER_512, DECODER_1024] = [work(1.257e12, 319), work(5.235e12, 1665)];

/** As `pictureWork` counts the published configs; version 2 has the first one's, to a thousandth. */
export const WORK = {
  version1: { 512: [work(4.016e11, 1898), DECODER_512] },
  xl: { 512: [work(7.944e11, 5178), DECODER_512], 1024: [work(3.381e12, 5178), DECODER_1024] },
} as const satisfies Readonly<Record<string, PublishedWork>>;

function work(products: number, nodes: number): GraphWork {
  return { products, nodes };
}
