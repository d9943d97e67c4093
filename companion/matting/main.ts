/** The process of other makers' networks, which remove backgrounds or enlarge: one picture at a time, the network kept for the next. */

import { totalmem } from 'node:os';
import { Worker } from 'node:worker_threads';
import { type ErrorRecord, errorRecord, LikenessError } from '../../shared/errors.ts';
import type { CellMask } from '../../shared/mask.ts';
import type { UpscaleFactor } from '../../shared/protocol/requests.ts';
import type { Picture } from '../images/picture.ts';
import { systemFault } from '../storage/system-fault.ts';
import { Matting } from './cut-out.ts';
import { productAlone } from './product-alone.ts';
import { Upscaler } from './upscaler.ts';

/** Messages go by structured clone, pixels as they are. */
export interface ToMatting {
  readonly folder: string;
  readonly picture: Picture;
  /** Places of the products in a picture that was made here. */
  readonly masks: readonly CellMask[] | undefined;
  /** The picture is to be enlarged so many times; undefined: it is cut out. */
  readonly factor: UpscaleFactor | undefined;
  readonly threads: number | undefined;
  /** The masks alone are used: the network does not end. */
  readonly withoutNetwork: boolean;
}

export type FromMatting =
  | { readonly type: 'made'; readonly picture: Picture }
  /** The network is open, and runs next. */
  | { readonly type: 'opened' }
  /** The network has run, once of maybe many times. */
  | { readonly type: 'ran'; readonly milliseconds: number }
  | { readonly type: 'failed'; readonly failure: ErrorRecord };

/** Twice what the largest of the catalogue takes; a network may ask for as much as it likes, and others need some, too. */
const MEMORY_MAX_BYTES = 8 * 2 ** 30;

const maxBytes = Math.min(MEMORY_MAX_BYTES, totalmem());
new Worker(new URL('./memory-watch.mjs', import.meta.url), { workerData: { maxBytes } }).unref();

let opened: { readonly folder: string; readonly network: Promise<Matting | Upscaler> } | undefined;

process.on('message', (message: ToMatting) => void work(message));
process.on('disconnect', () => process.exit());

async function work({ folder, picture, masks, factor, threads, withoutNetwork }: ToMatting): Promise<void> {
  try {
    if (withoutNetwork) throw new LikenessError('input', 'no mask shows where the product is');
    if (opened?.folder !== folder) {
      const whenRun = (milliseconds: number) => tell({ type: 'ran', milliseconds });
      const options = threads === undefined ? { whenRun } : { threads, whenRun };
      opened = { folder, network: (factor === undefined ? Matting : Upscaler).open(folder, options) };
    }
    const network = await opened.network;
    tell({ type: 'opened' });
    const made =
      network instanceof Matting ? await network.cutOut(picture) : await network.enlarge(picture, factor!);
    tell({ type: 'made', picture: made });
  } catch (error) {
    opened = undefined;
    const byMask = isWithout(error) && masks && (await productAlone(picture, masks));
    if (byMask) return tell({ type: 'made', picture: byMask });
    tell({ type: 'failed', failure: errorRecord(systemFault(error)) });
  }
}

/** There is no network, or nothing stands out to one that never saw the product: its mask may know it. */
function isWithout(error: unknown): boolean {
  return error instanceof LikenessError && (error.code === 'checkpoint-missing' || error.code === 'input');
}

function tell(message: FromMatting): void {
  if (process.connected) process.send!(message);
}
