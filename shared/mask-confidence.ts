/**
 * Below this confidence (0..1) a mask is probably wrong, and people are told. On the embedded model masks that found the
 * product reached 0.65 to 0.85 by attention and more by a concept's probe; those that did not, less.
 */
export const LOW_CONFIDENCE = 0.6;
