/** cutOutReferences: references without their backgrounds, those that have one, before they are taught from. */

import { basename, join } from 'node:path';
import { LikenessError } from '../../shared/errors.ts';
import { inspectFrame } from '../images/frame-findings.ts';
import { pictureCutoutKind } from '../images/object-mask.ts';
import type { ReferenceImage } from '../images/reference-image.ts';
import { MATTING_MODEL, openMattingFolder } from '../matting/matting-folder.ts';
import { MattingProcess } from '../matting/matting-process.ts';
import type { DataFolders } from '../storage/folders.ts';
import { Interruption } from './terminal/interruption.ts';
import type { Output } from './terminal/output.ts';

export interface CutOutOptions {
  readonly folders: DataFolders;
  readonly threads: number | undefined;
  /** Side of the model's picture in pixels, for what is found on a cut-out. */
  readonly resolution: number;
  readonly output: Output;
}

/** @throws LikenessError `checkpoint-missing` without a network; as MattingProcess.cutOut; `cancelled` */
export async function cutOutReferences(
  references: readonly ReferenceImage[],
  { folders, threads, resolution, output }: CutOutOptions,
): Promise<readonly ReferenceImage[]> {
  const folder = join(folders.models, MATTING_MODEL);
  await openMattingFolder(folder);
  const matting = new MattingProcess({ folder, threads });
  const stop = new Interruption(output, () => matting.close());
  const without: ReferenceImage[] = [];
  try {
    for (const reference of references) {
      if (stop.signal.aborted) throw new LikenessError('cancelled', 'stopped before anything was taught');
      if (pictureCutoutKind(reference.pixels) !== 'opaque') {
        without.push(reference);
        continue;
      }
      const name = basename(reference.name);
      const pixels = await matting.cutOut(reference.pixels, name);
      output.event({ type: 'cut-out', source: reference.name });
      output.say(output.colours.dim(`  ${name} without its background`));
      without.push({ name: reference.name, pixels, findings: await inspectFrame(pixels, resolution) });
    }
  } finally {
    matting.close();
    stop.dispose();
  }
  return without;
}
