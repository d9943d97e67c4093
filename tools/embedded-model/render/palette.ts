export type Rgb = readonly [number, number, number];

/** Linear RGB. Order is part of the data format: labels are indexes into this list. */
export const colours: ReadonlyArray<{ readonly name: string; readonly rgb: Rgb }> = [
  { name: 'red', rgb: [0.7, 0.03, 0.03] },
  { name: 'orange', rgb: [0.95, 0.3, 0.02] },
  { name: 'yellow', rgb: [0.95, 0.75, 0.05] },
  { name: 'green', rgb: [0.05, 0.4, 0.09] },
  { name: 'teal', rgb: [0.02, 0.45, 0.45] },
  { name: 'blue', rgb: [0.04, 0.12, 0.7] },
  { name: 'purple', rgb: [0.3, 0.05, 0.5] },
  { name: 'pink', rgb: [0.95, 0.35, 0.55] },
  { name: 'white', rgb: [0.9, 0.9, 0.9] },
  { name: 'black', rgb: [0.025, 0.025, 0.03] },
  { name: 'brown', rgb: [0.19, 0.075, 0.025] },
  { name: 'grey', rgb: [0.3, 0.31, 0.32] },
];

/** Pairs that the training set never shows together on one product, so that evaluation can. */
const heldOutPairs: ReadonlyArray<readonly [string, string]> = [
  ['teal', 'orange'],
  ['purple', 'yellow'],
  ['pink', 'green'],
  ['brown', 'teal'],
];

export function isHeldOut(first: string, second: string): boolean {
  return heldOutPairs.some(([a, b]) => (first === a && second === b) || (first === b && second === a));
}
