/** Figures with their confidence intervals, as people read them. */

import type { Estimate } from './statistics.ts';

/** "+0.062 (+0.031 to +0.094)"; the mean alone where there is no interval. */
export function interval({ mean, low, high }: Estimate, format: (value: number) => string): string {
  return Number.isFinite(low) ? `${format(mean)} (${format(low)} to ${format(high)})` : format(mean);
}

export const plain = (value: number): string => decimals(value, 2);
export const fine = (value: number): string => decimals(value, 3);
export const percent = (value: number): string => `${(100 * value).toFixed(1).replace(/\.0$/, '')} %`;
export const signed = (value: number): string => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;

/** Percentage points. */
export function points(share: number): string {
  return `${decimals(100 * share, 1).replace(/\.0$/, '')} points`;
}

function decimals(value: number, digits: number): string {
  return value.toFixed(digits).replace('-', '−');
}
