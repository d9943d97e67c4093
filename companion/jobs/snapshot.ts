/**
 * Jobs on disk for somebody who only looks: nothing is made, moved or set aside, since a companion may be at work on
 * them at the same moment.
 */

import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { ID_PATTERN } from '../../shared/protocol/ids.ts';
import type { AnyJobState } from '../../shared/protocol/job.ts';
import { JobFiles } from './drivers/local/job-files.ts';
import { readRecord } from './job-record.ts';

export interface JobSnapshot {
  readonly states: readonly AnyJobState[];
  /** Folders whose record cannot be read. */
  readonly unreadable: number;
}

/** No jobs, where the folder is not there. */
export async function readJobSnapshot(folder: string): Promise<JobSnapshot> {
  const states: AnyJobState[] = [];
  let unreadable = 0;
  for (const name of await readdir(folder).catch(() => [])) {
    if (!ID_PATTERN.test(name)) continue;
    try {
      const { record } = new JobFiles(join(folder, name));
      states.push((await readRecord(record, name)).state);
    } catch {
      unreadable++;
    }
  }
  return { states, unreadable };
}
