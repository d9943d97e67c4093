/**
 * Below this confidence (0..1) a mask is probably wrong, and people are told. Aggregated attention maps that found the
 * object reached 0.65 to 0.85 on the embedded model; those that did not, less.
 */
export const LOW_CONFIDENCE = 0.6;
