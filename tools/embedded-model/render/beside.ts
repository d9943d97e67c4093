import { drawArticle, type Vocabulary } from './article.ts';
import { bodyOf, travel } from './body.ts';
import { drawPose, type Placed } from './placing.ts';
import { between, type Random } from './random.ts';

/** Sizes keep their order, but a chair is not eight times a mug: both have to be readable. */
const sizeExponent = 0.25;
/** Scale of the larger one: two of them, seen whole, leave floor and backdrop about as large as one does. */
const largest = 0.75;
/** Between the two, in world units. */
const gap = [0.06, 0.25] as const;
/** How much nearer to the camera the one stands than the other, in world units, either way. */
const stagger = 0.3;
const probes = 32;

/** The product and another kind of product beside it, on either side: a vertical plane fits between them. */
export function drawBeside(random: Random, first: Placed, vocabulary: Vocabulary): readonly Placed[] {
  let article = drawArticle(random, vocabulary);
  while (article.product === first.article.product) article = drawArticle(random, vocabulary);
  return standBeside(random, first, { ...first, article, ...drawPose(random, article.product) });
}

/** The second beside the first, on either side, both as large as two are in one picture. */
export function standBeside(random: Random, first: Placed, second: Placed): readonly [Placed, Placed] {
  const size = ({ article: { product } }: Placed) => product.metres ** sizeExponent;
  const unit = largest / Math.max(size(first), size(second));
  const [one, other] = [first, second].map((placed) => ({ ...placed, scale: unit * size(placed) }));
  const side = random() < 0.5 ? 1 : -1;
  const x = reach(one!, side) + between(random, gap[0], gap[1]) + reach(other!, -side);
  const z = between(random, -stagger, stagger);
  return [
    { ...one!, ground: { x: (-side * x) / 2, z: z / 2 } },
    { ...other!, ground: { x: (side * x) / 2, z: -z / 2 } },
  ];
}

/** How far the product reaches from its axis to the right (1) or left (-1), by probing it with rays from there. */
function reach(placed: Placed, side: number): number {
  const body = bodyOf(placed);
  const { middle, radius } = body;
  let furthest = 0;
  for (let probe = 0; probe < probes * probes; probe++) {
    const y = middle.y + radius * ((2 * (probe % probes) + 1) / probes - 1);
    const z = middle.z + radius * ((2 * Math.floor(probe / probes) + 1) / probes - 1);
    const travelled = travel(body, middle.x + side * radius, y, z, -side, 0, 0, 60, 0.004);
    furthest = Math.max(furthest, radius - travelled);
  }
  return furthest;
}
