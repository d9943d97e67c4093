/** Teachings and pictures that tell the count of what is left how long they took. */

import type { Picture } from '../companion/images/picture.ts';
import type { KeptConcepts, TaughtProduct } from './concept-cache.ts';
import type { WorkLeft } from './eta.ts';
import type { ExampleProduct } from './example-product.ts';
import type { PictureMaker } from './picture-making.ts';

export interface TeachingStep {
  readonly step: number;
  readonly steps: number;
  /** For everything that is still to come; not finite while the pace is not known. */
  readonly secondsLeft: number;
}

export function countingPictures(make: PictureMaker, left: WorkLeft): PictureMaker {
  return async (wish) => {
    const started = performance.now();
    const made = await make(wish);
    left.madePicture((performance.now() - started) / 1000);
    return made;
  };
}

/** Teaches what no earlier run did. */
export async function* teachCounting(
  concepts: KeptConcepts,
  product: ExampleProduct,
  references: readonly Picture[],
  left: WorkLeft,
): AsyncGenerator<TeachingStep, TaughtProduct> {
  const started = performance.now();
  const teaching = concepts.teach(product, references);
  let next = await teaching.next();
  const wasTaught = next.done === true;
  for (; !next.done; next = await teaching.next()) {
    if (next.value.type !== 'step') continue;
    const { step, steps, secondsLeft } = next.value;
    left.teaching(step, steps, secondsLeft);
    yield { step, steps, secondsLeft: left.seconds };
  }
  if (!wasTaught) left.taught((performance.now() - started) / 1000);
  return next.value;
}
