import { drawArticle, type Vocabulary } from './article.ts';
import { drawBeside } from './beside.ts';
import { drawPlacing, type Placed, type Setting } from './placing.ts';
import { between, seededRandom } from './random.ts';

/** What a picture shows. */
export interface Specimen {
  readonly placed: readonly Placed[];
  readonly setting: Setting;
}

/** Share of the picture's side that two products take together. */
const fillOfTwo = [0.82, 0.92] as const;

/** The same seed gives the same picture; `twoShare` of the seeds give two products. */
export function drawSpecimen(seed: number, vocabulary: Vocabulary, twoShare = 0): Specimen {
  const random = seededRandom(seed);
  const { placed, setting } = drawPlacing(random, drawArticle(random, vocabulary));
  // Drawn after all else: pictures of one product do not depend on the share.
  if (random() >= twoShare) return { placed: [placed], setting };
  // Nearer to the middle: what stands in front of or behind the plane that is framed moves a little more or less.
  const [x, y] = setting.place;
  return {
    placed: drawBeside(random, placed, vocabulary),
    setting: { ...setting, fill: between(random, fillOfTwo[0], fillOfTwo[1]), place: [x / 2, y] },
  };
}
