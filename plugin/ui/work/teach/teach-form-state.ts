import { batch, type Signal, signal } from '@preact/signals';
import type { ConceptSummary } from '../../../../shared/protocol/concept.ts';
import type { AnyJobState, JobOf } from '../../../../shared/protocol/job.ts';
import type { SelectedFrame } from '../../../messages.ts';
import { EMPTY_TEACH, type TeachDraft } from '../drafts.ts';
import { hasEnded } from '../job-board.ts';

/** The next teaching, and the one that the view shows in its place. */
export class TeachFormState {
  readonly draft: Signal<TeachDraft> = signal(EMPTY_TEACH);
  /** A job; undefined for the form. */
  readonly shown: Signal<string | undefined> = signal(undefined);

  /** The next product is another one: its name, class, rights and steps are not those of this. */
  started(job: string, name: string): void {
    batch(() => {
      this.shown.value = job;
      if (this.draft.value.name === name) this.draft.value = EMPTY_TEACH;
    });
  }

  showForm(): void {
    this.shown.value = undefined;
  }

  /** The form for what came to nothing, as it was sent. */
  again({ request }: JobOf<'teach'>): void {
    const { name, classWord, mirror = false, keepReferences = false, steps = null } = request;
    const { rights, precision = null } = request;
    batch(() => {
      this.draft.value = {
        ...EMPTY_TEACH,
        ...rights,
        name,
        classWord,
        mirror,
        keepReferences,
        steps,
        precision,
      };
      this.showForm();
    });
  }

  /** Frames that were not selected before are for another teaching than the one that is done. */
  leaveTaught(
    before: readonly SelectedFrame[],
    now: readonly SelectedFrame[],
    jobs: ReadonlyMap<string, AnyJobState>,
  ): void {
    const known = new Set(before.map(({ nodeId }) => nodeId));
    const isDone = jobs.get(this.shown.value ?? '')?.status.state === 'done';
    if (isDone && now.some(({ nodeId }) => !known.has(nodeId))) this.showForm();
  }
}

/** The version that a teaching of this name will become, after those under way; 1 for a new name. */
export function nextVersion(
  name: string,
  concepts: readonly ConceptSummary[],
  jobs: ReadonlyMap<string, AnyJobState>,
): number {
  const known = concepts.find((concept) => concept.name === name)?.version ?? 0;
  const underWay = [...jobs.values()].filter(
    (job) => job.kind === 'teach' && job.request.name === name && !hasEnded(job),
  );
  return known + underWay.length + 1;
}
