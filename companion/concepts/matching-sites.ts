/** requireMatchingSites: residuals held against the projections of the model that they are to act on. */

import { LikenessError } from '../../shared/errors.ts';
import type { Factors } from '../adapters/factors.ts';
import type { AdapterSite } from '../models/family.ts';

/**
 * A convolution's factors and a linear layer's are the same numbers, so that their form does not matter.
 * @param subject the concept's name, or its file
 * @throws LikenessError `concept-mismatch` with the first block that the model lacks or has in another width
 */
export function requireMatchingSites(factors: Factors, sites: readonly AdapterSite[], subject: string): void {
  const channels = Object.fromEntries([...factors].map(([path, factor]) => [path, factor.channels]));
  const fault = siteMismatch(channels, sites);
  if (fault === undefined) return;
  throw new LikenessError('concept-mismatch', `${subject}: ${fault}`, {
    advice: 'Use it with the model it was taught on, or teach it again on this one.',
  });
}

/**
 * The first block that the model lacks or has in another width, in words; undefined where there is none.
 * @param channels of each residual, by its block's path
 */
export function siteMismatch(
  channels: Readonly<Record<string, number>>,
  sites: readonly AdapterSite[],
): string | undefined {
  const siteOf = new Map(sites.map((site) => [site.path, site]));
  for (const [path, got] of Object.entries(channels)) {
    const expected = siteOf.get(path);
    if (expected === undefined) {
      return `it has a residual for ${path}, which is none of the model's ${siteOf.size} blocks`;
    }
    if (got !== expected.outputs) {
      return `the residual for ${path} has ${got} channels, expected ${expected.outputs}`;
    }
  }
  return undefined;
}
