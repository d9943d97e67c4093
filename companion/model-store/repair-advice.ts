/** How a model that is damaged gets whole again. */

import { PROGRAM } from '../../shared/program.ts';
import type { ModelPlace } from './catalogue.ts';
import { readPullRecord } from './pull-record.ts';

/** undefined for a model that no pull has brought: nobody but its owner knows where it came from. */
export async function repairAdvice({
  name,
  folder,
}: Pick<ModelPlace, 'name' | 'folder'>): Promise<string | undefined> {
  const record = await readPullRecord(folder).catch(() => undefined);
  return record && `\`${PROGRAM} models pull ${name}\` fetches what differs.`;
}
