/** Products that the base model has never seen: what the demonstration and the evaluation teach. */

export interface Example {
  readonly name: string;
  readonly product: string;
  readonly colour: string;
  readonly second: string;
  readonly pattern: string;
  readonly shape: readonly number[];
  /** As much of it as words can say. */
  readonly description: string;
  readonly yaw: readonly [number, number];
}

/**
 * Each has all that the base model lacks: a pattern without a word, a pair of colours that the training set holds back,
 * and a shape beyond its range. Settings were chosen by these two.
 */
export const demonstration: readonly Example[] = [
  {
    name: 'aurora',
    product: 'mug',
    colour: 'purple',
    second: 'yellow',
    pattern: 'band',
    shape: [1.1, -1.2, 1.1, 0.4],
    description: 'a purple mug with yellow stripes',
    yaw: [-0.6, 0.6],
  },
  {
    name: 'summit',
    product: 'backpack',
    colour: 'teal',
    second: 'orange',
    pattern: 'zigzag',
    shape: [1.2, -1.1, 0.9],
    description: 'a teal backpack with orange stripes',
    yaw: [-0.5, 0.5],
  },
];

/**
 * Ten others, one a category, by which no setting was chosen. From hard (a pattern without a word on thin parts) to easy
 * (a plain red mug whose shape alone is out of range: words say nearly all of it).
 */
export const evaluation: readonly Example[] = [
  {
    name: 'ember',
    product: 'bottle',
    colour: 'orange',
    second: 'teal',
    pattern: 'zigzag',
    shape: [0.3, -0.4, 0.5],
    description: 'an orange bottle with teal stripes',
    yaw: [-0.6, 0.6],
  },
  {
    name: 'tidal',
    product: 'sneaker',
    colour: 'blue',
    second: 'white',
    pattern: 'band',
    shape: [1.1, -1, 0.6],
    description: 'a blue sneaker with white stripes',
    yaw: [-0.5, 0.5],
  },
  {
    name: 'lumen',
    product: 'lamp',
    colour: 'yellow',
    second: 'purple',
    pattern: 'dots',
    shape: [1.1, -1.1, 0.4],
    description: 'a yellow lamp with purple dots',
    yaw: [-0.6, 0.6],
  },
  {
    name: 'juniper',
    product: 'teapot',
    colour: 'green',
    second: 'pink',
    pattern: 'stripes',
    shape: [1.1, -1.1, 0.5],
    description: 'a green teapot with pink stripes',
    yaw: [-0.5, 0.5],
  },
  {
    name: 'quartz',
    product: 'vase',
    colour: 'white',
    second: 'red',
    pattern: 'band',
    shape: [1.1, 1, -0.9],
    description: 'a white vase with red stripes',
    yaw: [-0.6, 0.6],
  },
  {
    name: 'harbor',
    product: 'hat',
    colour: 'black',
    second: 'yellow',
    pattern: 'zigzag',
    shape: [0.2, -0.5, 0.3],
    description: 'a black hat with yellow stripes',
    yaw: [-0.6, 0.6],
  },
  {
    name: 'canyon',
    product: 'chair',
    colour: 'red',
    second: 'white',
    pattern: 'zigzag',
    shape: [-1.1, 1, 0.5],
    description: 'a red chair with white stripes',
    yaw: [-0.6, 0.6],
  },
  {
    name: 'pulse',
    product: 'can',
    colour: 'purple',
    second: 'yellow',
    pattern: 'checks',
    shape: [1.1, -1],
    description: 'a purple can with yellow checks',
    yaw: [-0.6, 0.6],
  },
  {
    name: 'meadow',
    product: 'backpack',
    colour: 'pink',
    second: 'green',
    pattern: 'band',
    shape: [-1, 1.1, -0.5],
    description: 'a pink backpack with green stripes',
    yaw: [-0.5, 0.5],
  },
  {
    name: 'sorrel',
    product: 'mug',
    colour: 'red',
    second: 'red',
    pattern: 'plain',
    shape: [-1.2, 1.2, -1.1, -0.5],
    description: 'a red mug',
    yaw: [-0.6, 0.6],
  },
];
