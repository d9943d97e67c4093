/**
 * Below this confidence (0..1) a mask is probably wrong, and people are told. On the embedded model masks that found the
 * product reached 0.65 to 0.85 by attention and more by a concept's probe; those that did not, less.
 */
export const LOW_CONFIDENCE = 0.6;

/** What people are told of such masks, once for all pictures of a job. */
export const LOW_CONFIDENCE_ADVICE =
  'Where the mask is unsure, the product may be missing or have leaked into the scene: try another seed, or the mask "full".';
