/** Timed work: teachings and pictures that report to RemainingWork how long they took. */

import type { Picture } from '../../companion/images/picture.ts';
import type { ConceptCache, TaughtProduct } from './concept-cache.ts';
import type { RemainingWork } from './eta.ts';
import type { ExampleProduct } from './example-product.ts';
import type { PictureMaker } from './picture-making.ts';

export interface TeachingStep {
  readonly step: number;
  readonly steps: number;
  /** For everything that is still to come; not finite while the speed is not known. */
  readonly secondsLeft: number;
}

export function timedPictures(make: PictureMaker, left: RemainingWork): PictureMaker {
  return async (spec) => {
    const started = performance.now();
    const made = await make(spec);
    left.madePicture((performance.now() - started) / 1000);
    return made;
  };
}

/** Teaches what no earlier run did. */
export async function* timedTeaching(
  concepts: ConceptCache,
  product: ExampleProduct,
  references: readonly Picture[],
  left: RemainingWork,
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
