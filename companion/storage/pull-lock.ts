/** That one process at a time pulls a model. */

import { LikenessError } from '../../shared/errors.ts';
import { ProcessFlag } from './pid-lock.ts';

/** @returns the flag to lower at the end @throws LikenessError `input` where another process pulls this model */
export async function lockPull(models: string, name: string): Promise<ProcessFlag> {
  const flag = await ProcessFlag.raise(models, `${name}.pulled-by`);
  const other = await flag.another();
  if (other === undefined) return flag;
  await flag.lower();
  throw new LikenessError('input', `${name} is being pulled already, by process ${other.pid}`, {
    advice: `Wait for it. If there is no such pull, remove ${other.path}.`,
  });
}
