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
  const siteOf = new Map(sites.map((site) => [site.path, site]));
  for (const [path, { channels }] of factors) {
    const expected = siteOf.get(path);
    if (expected === undefined) {
      throw mismatch(
        `${subject} has a residual for ${path}, which is none of the model's ${siteOf.size} blocks`,
      );
    }
    if (channels !== expected.outputs) {
      throw mismatch(
        `${subject}: the residual for ${path} has ${channels} channels, expected ${expected.outputs}`,
      );
    }
  }
}

function mismatch(message: string): LikenessError {
  return new LikenessError('concept-mismatch', message, {
    advice: 'Use it with the model it was taught on, or teach it again on this one.',
  });
}
