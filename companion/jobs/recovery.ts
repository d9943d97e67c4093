/** What a start finds of the jobs before it, what it clears away, and in which order they go on. */

import type { JobId } from '../../shared/protocol/ids.ts';
import { savedRunOf } from '../../shared/protocol/job.ts';
import type { JobStore, SetAside } from './drivers/local/job-store.ts';
import { isEnded, type JobRecord } from './job-record.ts';

export interface Before {
  readonly records: readonly JobRecord[];
  /** Next first: what was under way, then what waited. */
  readonly waiting: readonly JobId[];
  readonly setAside: readonly SetAside[];
}

/** @throws LikenessError `storage` where the folder cannot be used */
export async function jobsBefore(store: JobStore): Promise<Before> {
  const { records: stored, order, setAside } = await store.load();
  const records = stored.map((record) => withPicturesThere(record, store));
  for (const { state, uploads } of records) {
    const mayGoOn = !isEnded(state) || savedRunOf(state) !== undefined;
    await store.files(state.job).removeLeftBehind(
      uploads.map(({ file }) => file),
      mayGoOn,
    );
  }
  const inState = (wanted: 'queued' | 'running') =>
    records
      .map(({ state }) => state)
      .filter(({ status }) => status.state === wanted)
      .sort((a, b) => (a.createdAt < b.createdAt ? -1 : 1))
      .map(({ job }) => job);
  const underWay = inState('running');
  const queued = inState('queued');
  const ordered = order.filter((id) => queued.includes(id));
  const rest = queued.filter((id) => !ordered.includes(id));
  return { records, waiting: [...new Set([...underWay, ...ordered, ...rest])], setAside };
}

/** Of a job under way, the pictures up to the first whose file is gone: it is made again from there. */
function withPicturesThere(record: JobRecord, store: JobStore): JobRecord {
  const { state } = record;
  if (state.kind !== 'generate' || state.status.state !== 'running') return record;
  const files = store.files(state.job);
  const missing = state.pictures.findIndex(({ picture }) => !files.hasPicture(picture));
  if (missing === -1) return record;
  return {
    ...record,
    state: { ...state, pictures: state.pictures.slice(0, missing) },
    pictures: record.pictures.slice(0, missing),
  };
}
