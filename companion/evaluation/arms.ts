/** The ways of making a picture that are compared, on the same seeds. */

import type { SamplingSettings } from '../residuals/settings.ts';

export interface Arm {
  readonly key: 'words' | 'base' | 'full' | 'median' | 'adaptive';
  /** For tables. */
  readonly title: string;
  /** What the prompt calls the product. */
  readonly subject: 'description' | 'concept';
  readonly settings: Partial<SamplingSettings>;
}

export const ARMS: readonly Arm[] = [
  { key: 'words', title: 'Base model, best description', subject: 'description', settings: { mask: 'off' } },
  { key: 'base', title: 'Base model, same prompt', subject: 'concept', settings: { mask: 'off' } },
  { key: 'full', title: 'Full residual', subject: 'concept', settings: { mask: 'full' } },
  { key: 'median', title: 'LAG, median mask', subject: 'concept', settings: { mask: 'median' } },
  { key: 'adaptive', title: 'LAG, adaptive mask', subject: 'concept', settings: { mask: 'adaptive' } },
];

/** The arm of localized sampling that a model uses where nothing else is asked for. */
export function localizedArm(mask: SamplingSettings['mask']): 'median' | 'adaptive' {
  return mask === 'adaptive' ? 'adaptive' : 'median';
}
