import { batch, type Signal, signal } from '@preact/signals';
import type { JobOf, JobState } from '../../../shared/protocol/job.ts';
import type { SelectedFrame } from '../../messages.ts';
import { EMPTY_TEACH, type TeachDraft } from './drafts.ts';

/** The next teaching, and the one that the view shows in its place. */
export class TeachDesk {
  readonly draft: Signal<TeachDraft> = signal(EMPTY_TEACH);
  /** A job; undefined for the form. */
  readonly shown: Signal<string | undefined> = signal(undefined);

  /** The next product is another one: under the same name it would become a version of this. */
  started(job: string, name: string): void {
    batch(() => {
      this.shown.value = job;
      if (this.draft.value.name === name) this.draft.value = { ...this.draft.value, name: '' };
    });
  }

  showForm(): void {
    this.shown.value = undefined;
  }

  /** The form for what came to nothing. */
  again({ request }: JobOf<'teach'>): void {
    const { name, classWord } = request;
    batch(() => {
      this.draft.value = { ...this.draft.value, name, classWord };
      this.showForm();
    });
  }

  /** Frames that were not selected before are for another teaching than the one that is done. */
  leaveTaught(
    before: readonly SelectedFrame[],
    now: readonly SelectedFrame[],
    jobs: ReadonlyMap<string, JobState>,
  ): void {
    const known = new Set(before.map(({ nodeId }) => nodeId));
    const isDone = jobs.get(this.shown.value ?? '')?.status.state === 'done';
    if (isDone && now.some(({ nodeId }) => !known.has(nodeId))) this.showForm();
  }
}
