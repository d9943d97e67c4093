/** A finished picture and its masks as they travel, from the job's files. */

import type { JobId } from '../../../shared/protocol/ids.ts';
import type { ImageFrame } from '../../../shared/protocol/image-frame.ts';
import type { PictureSummary } from '../../../shared/protocol/job.ts';
import type { JobFiles } from '../drivers/local/job-files.ts';
import type { PictureFiles } from '../job-record.ts';

/** The picture first. @throws LikenessError `storage` where a file was taken away */
export async function* pictureFrames(
  job: JobId,
  { picture, seed, width, height, masks }: PictureSummary,
  stored: PictureFiles,
  files: JobFiles,
): AsyncGenerator<ImageFrame, void> {
  yield {
    header: { kind: 'picture', job, picture, seed, mediaType: 'image/png', width, height },
    payload: await files.readPicture(picture),
  };
  for (const [index, { concept, confidence }] of masks.entries()) {
    yield {
      header: { kind: 'mask', job, picture, concept, ...stored.masks[index]!, confidence },
      payload: await files.readMask(picture, index),
    };
  }
}
