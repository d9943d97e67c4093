/** Pages of the history. */

import type { History, HistoryQuery } from '../../shared/protocol/http.ts';
import { foldedText } from '../library/folded-text.ts';
import { newestFirst } from './history-limits.ts';
import { isEnded, type JobRecord } from './job-record.ts';

/** Ended jobs that have every word in a prompt, name or class word, from the newest. */
export function searchHistory(
  records: Iterable<JobRecord>,
  { search = '', before, limit }: HistoryQuery,
): History {
  const words = foldedText(search).split(/\s+/).filter(Boolean);
  const found = [...records]
    .filter((record) => isEnded(record.state) && (before === undefined || cursorOf(record) < before))
    .filter((record) => {
      const text = searchedText(record);
      return words.every((word) => text.includes(word));
    })
    .sort(newestFirst);
  const page = found.slice(0, limit);
  const next = found.length > limit ? cursorOf(page.at(-1)!) : null;
  return { jobs: page.map(({ state }) => state), next };
}

/** Sorts as the history does, so that a page goes on at its place even when that job has been removed. */
function cursorOf({ state: { createdAt, job } }: JobRecord): string {
  return `${createdAt} ${job}`;
}

function searchedText({ state }: JobRecord): string {
  if (state.kind === 'teach') return foldedText(`@${state.request.name} ${state.request.classWord}`);
  const names = state.concepts.map(({ name }) => `@${name}`);
  return foldedText([state.request.prompt, state.request.negativePrompt ?? '', ...names].join(' '));
}
