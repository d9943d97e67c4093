/** The process that removes backgrounds: one picture at a time, the network kept from one to the next. */

import { type ErrorCode, LikenessError } from '../../shared/errors.ts';
import type { CellMask } from '../../shared/mask.ts';
import type { Picture } from '../images/picture.ts';
import { Matting } from './cut-out.ts';
import { productAlone } from './product-alone.ts';

/** Messages go by structured clone, pixels as they are. */
export interface ToMatting {
  readonly folder: string;
  readonly picture: Picture;
  /** Places of the products in a picture that was made here. */
  readonly masks: readonly CellMask[] | undefined;
  readonly threads: number | undefined;
}

export type FromMatting =
  | { readonly type: 'cut-out'; readonly picture: Picture }
  | {
      readonly type: 'failed';
      /** Undefined of a fault that is nobody's. */
      readonly code: ErrorCode | undefined;
      readonly message: string;
      readonly advice: string | undefined;
    };

let opened: { readonly folder: string; readonly matting: Promise<Matting> } | undefined;

process.on('message', (message: ToMatting) => void work(message));
process.on('disconnect', () => process.exit());

async function work({ folder, picture, masks, threads }: ToMatting): Promise<void> {
  try {
    if (opened?.folder !== folder) {
      opened = { folder, matting: Matting.open(folder, threads === undefined ? {} : { threads }) };
    }
    tell({ type: 'cut-out', picture: await (await opened.matting).cutOut(picture) });
  } catch (error) {
    opened = undefined;
    const byMask = isWithout(error) && masks && (await productAlone(picture, masks));
    if (byMask) return tell({ type: 'cut-out', picture: byMask });
    const { message } = error instanceof Error ? error : new Error(String(error));
    const isTold = error instanceof LikenessError;
    tell({
      type: 'failed',
      code: isTold ? error.code : undefined,
      message,
      advice: isTold ? error.advice : undefined,
    });
  }
}

/** There is no network, or nothing stands out to one that never saw the product: its mask may know it. */
function isWithout(error: unknown): boolean {
  return error instanceof LikenessError && (error.code === 'checkpoint-missing' || error.code === 'input');
}

function tell(message: FromMatting): void {
  if (process.connected) process.send!(message);
}
