/**
 * Placement: the layer of a client's canvas that the pictures of a job belong to. The companion keeps it with the job, for a
 * client that was closed meanwhile, and makes nothing of it.
 */

import { TEXT_MAX_LENGTH } from './limits.ts';
import { z } from './zod.ts';

/** Letters of a mark: those of a job's id, which it is made of. */
const MARK_MAX_LENGTH = 40;

/** Numbers of a transform; a layer far outside of its layout has some hundreds. */
const share = z.number().min(-1e6).max(1e6);
const row = z.tuple([share, share, share]).readonly();

export const placementSchema = z.strictObject({
  /** Mark of the page, since layers of two documents may have one id. */
  canvas: z.string().min(1).max(MARK_MAX_LENGTH),
  /** Id of the layer: the one that is filled, or the cut-out that scenes come under. */
  node: z.string().min(1).max(TEXT_MAX_LENGTH),
  /** Place of a layer that is filled: from its unit square to that of the pictures, two rows of an affine map. */
  place: z.tuple([row, row]).readonly().optional(),
});
