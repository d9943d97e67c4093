/** Arms of the evaluation: ways of making a picture that are compared on the same seeds. */

import type { SamplingSettings } from '../../companion/pipeline/settings.ts';

/** By how the residual is localized. */
export type LocalizedArm = 'median' | 'adaptive' | 'attention';

export interface Arm {
  readonly key: 'words' | 'base' | 'full' | LocalizedArm;
  /** For tables. */
  readonly title: string;
  /** Words for the product in the prompt; a concept without its probe is as if taught from photos that are not cut out. */
  readonly subject: 'description' | 'concept' | 'concept without probe';
  readonly settings: Partial<SamplingSettings>;
}

export const ARMS: readonly Arm[] = [
  { key: 'words', title: 'Base model, best description', subject: 'description', settings: { mask: 'off' } },
  { key: 'base', title: 'Base model, same prompt', subject: 'concept', settings: { mask: 'off' } },
  // In the halves of guidance of the localized arms, so that they differ in the mask alone.
  {
    key: 'full',
    title: 'Full residual',
    subject: 'concept',
    settings: { mask: 'full', guidanceResidual: 'conditional' },
  },
  { key: 'median', title: 'LAG, median mask', subject: 'concept', settings: { mask: 'median' } },
  { key: 'adaptive', title: 'LAG, adaptive mask', subject: 'concept', settings: { mask: 'adaptive' } },
  {
    key: 'attention',
    title: 'LAG, adaptive mask by attention',
    subject: 'concept without probe',
    settings: { mask: 'adaptive' },
  },
];

/** The arm of localized sampling that a model uses where nothing else is asked for. */
export function localizedArm(mask: SamplingSettings['mask']): 'median' | 'adaptive' {
  return mask === 'adaptive' ? 'adaptive' : 'median';
}
