import type { Progress } from '../../../shared/protocol/server-messages.ts';
import { useApp } from '../app-context.ts';
import { timeLeft } from '../work/job-words.ts';

/** Of the running job. What was told last does not run down while nobody tells more. */
export function TimeLeft({ progress }: { readonly progress: Progress | undefined }) {
  const isAway = !useApp().connected.value;
  return (
    <span class="quiet">{isAway ? 'Paused: the companion is away' : timeLeft(progress?.secondsLeft)}</span>
  );
}
