/** Limits by which a frame is judged, in the plugin from its thumbnail and in the companion from the frame itself. */

/** Enlarging by more than a third shows: edges that the model learns as soft. */
export const MAX_ENLARGEMENT = 4 / 3;

/** Standard deviation of luminance, 0..255: plain matte products have 10 to 20, a silhouette 0 to 4. */
export const MIN_CONTRAST = 5;
