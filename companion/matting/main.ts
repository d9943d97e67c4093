/** The process that removes backgrounds: one picture at a time, the network kept from one to the next. */

import { LikenessError } from '../../shared/errors.ts';
import { Matting } from './cut-out.ts';
import type { FromMatting, ToMatting } from './messages.ts';

let opened: { readonly folder: string; readonly matting: Promise<Matting> } | undefined;

process.on('message', (message: ToMatting) => void work(message));
process.on('disconnect', () => process.exit());

async function work({ folder, picture, threads }: ToMatting): Promise<void> {
  try {
    if (opened?.folder !== folder) {
      opened = { folder, matting: Matting.open(folder, threads === undefined ? {} : { threads }) };
    }
    tell({ type: 'cut-out', picture: await (await opened.matting).cutOut(picture) });
  } catch (error) {
    opened = undefined;
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

function tell(message: FromMatting): void {
  if (process.connected) process.send!(message);
}
