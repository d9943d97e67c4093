/** Whether residuals belong to a model's output projections. */

import { LikenessError } from '../../shared/errors.ts';
import type { Factors } from '../adapters/factors.ts';
import type { ProjectionTargets } from '../pipeline/loaded-model.ts';

/** Residuals as a file has them. A block that is left out has no residual. */
export interface FiledFactors {
  readonly factors: Factors;
  readonly linear: boolean;
}

/**
 * Throws 'concept-mismatch' with the first block that the model lacks or has in another width, or where the
 * projections are of the other kind. `subject` names the concept or its file.
 */
export function requireFit(filed: FiledFactors, targets: ProjectionTargets, subject: string): void {
  const channelsOf = new Map(targets.sites.map(({ path, channels }) => [path, channels]));
  for (const [path, { channels }] of filed.factors) {
    const expected = channelsOf.get(path);
    if (expected === undefined) {
      throw mismatch(
        `${subject} has a residual for ${path}, which is none of the model's ${channelsOf.size} blocks`,
      );
    }
    if (channels !== expected) {
      throw mismatch(`${subject}: the residual for ${path} has ${channels} channels, expected ${expected}`);
    }
    if (filed.linear !== targets.linear) {
      throw mismatch(
        `${subject}: the factors for ${path} have ${dimensions(filed.linear)}, expected ${dimensions(targets.linear)}`,
      );
    }
  }
}

function dimensions(linear: boolean): string {
  return linear ? '2 dimensions (of a linear layer)' : '4 dimensions (of a 1x1 convolution)';
}

function mismatch(message: string): LikenessError {
  return new LikenessError('concept-mismatch', message, {
    advice: 'Use it with the model it was taught on, or teach it again on this one.',
  });
}
