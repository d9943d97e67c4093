/** Limits by which a frame is judged, in the plugin from its thumbnail and in the companion from the frame itself. */

/** Enlarging by more than a third shows: edges that the model learns as soft. */
export const MAX_ENLARGEMENT = 4 / 3;

/** A cut-out that fills this share of one edge of its picture was cut off there, rather than touching it. */
export const CUT_OFF_SHARE = 0.04;

/** Standard deviation of luminance, 0..255: plain matte products have 10 to 20, a silhouette 0 to 4. */
export const MIN_CONTRAST = 5;
