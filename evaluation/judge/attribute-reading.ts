/** Readings of the attribute classifier on a picture: for each attribute, the probability of each of its names. */

export interface Reading {
  readonly names: readonly string[];
  /** [names], summing to 1. */
  readonly shares: Float32Array;
}

export type Readings = Readonly<Record<string, Reading>>;

/** @throws where the classifier has no such attribute: its labels come from a file, the question from code */
export function readingOf(readings: Readings, attribute: string): Reading {
  const reading = readings[attribute];
  if (reading === undefined) throw new Error(`internal: the evaluators have no attribute ${attribute}`);
  return reading;
}

export function likeliest({ names, shares }: Reading): string {
  return names[shares.indexOf(Math.max(...shares))]!;
}

/**
 * The two likeliest colours of both heads together, sorted. Stripes and checks often leave open which colour is the
 * first one; then both heads are undecided between the two.
 */
export function colourPair(readings: Readings): readonly string[] {
  const first = readingOf(readings, 'colour');
  const second = readingOf(readings, 'second');
  const votes = first.names.map((name, index) => ({
    name,
    votes: first.shares[index]! + second.shares[second.names.indexOf(name)]!,
  }));
  const [one, two] = votes.sort((a, b) => b.votes - a.votes);
  return [one!.name, two!.name].sort();
}

export function softmax(logits: Float32Array): Float32Array {
  const highest = Math.max(...logits);
  const powers = logits.map((logit) => Math.exp(logit - highest));
  const total = powers.reduce((sum, power) => sum + power, 0);
  return powers.map((power) => power / total);
}
