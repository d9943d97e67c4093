import { useApp } from '../app-context.ts';
import { hasEnded } from '../work/job-board.ts';
import { useHeadingForLostFocus } from './lost-focus.ts';
import { TeachForm } from './teach-form.tsx';
import { TeachProgress } from './teach-progress.tsx';

/** The form, or the teaching that was started from it. */
export function Teach() {
  const app = useApp();
  const shown = app.shownTeach.value;
  const job = shown === undefined ? undefined : app.board.jobs.value.get(shown);
  useHeadingForLostFocus(`${shown} ${job?.status.state}`);
  if (job?.kind === 'teach' && !(hasEnded(job) && job.status.state === 'cancelled')) {
    return <TeachProgress job={job} />;
  }
  return <TeachForm />;
}
