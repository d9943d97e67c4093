import type { ConceptSummary } from '../../../shared/protocol/concept.ts';
import type { JobState } from '../../../shared/protocol/job.ts';
import { hasEnded } from './job-board.ts';

/** What a teaching of this name will become, behind those of the same name that are under way; 1 for a new name. */
export function nextVersion(
  name: string,
  concepts: readonly ConceptSummary[],
  jobs: ReadonlyMap<string, JobState>,
): number {
  const known = concepts.find((concept) => concept.name === name)?.version ?? 0;
  const underWay = [...jobs.values()].filter(
    (job) => job.kind === 'teach' && job.request.name === name && !hasEnded(job),
  );
  return known + underWay.length + 1;
}
