/** Work of many phases, as an evaluation's: a progress bar for each, and every event for who reads JSON. */

import { formatNumberOf } from '../../companion/cli/terminal/format.ts';
import type { JsonEvent, Output } from '../../companion/cli/terminal/output.ts';
import { createProgress } from '../../companion/cli/terminal/progress.ts';
import { timeLeft } from '../../companion/cli/terminal/teach-report.ts';

/** What is to do, told first. */
interface Plan {
  readonly type: 'plan';
  readonly teachings: number;
  readonly pictures: number;
}

export interface PhaseStep {
  readonly name: string;
  /** Steps, the one under way included. */
  readonly done: number;
  readonly total: number;
  /** Of all phases together; not finite while the pace is not known. */
  readonly secondsLeft: number;
}

/** To the end of `work`, which ends with what it came to. */
export async function followWork<Event extends { readonly type: string }, Result>(
  work: AsyncGenerator<Event | Plan, Result>,
  output: Output,
  stepOf: (event: Exclude<Event, Plan>) => PhaseStep,
): Promise<Result> {
  const progress = createProgress(output);
  let phase = '';
  try {
    let next = await work.next();
    for (; !next.done; next = await work.next()) {
      const event = next.value;
      output.event({ ...event } as JsonEvent);
      if (event.type === 'plan') {
        const { teachings, pictures } = event as Plan;
        output.say(
          `To do: ${formatNumberOf(teachings, 'teaching')}, ${formatNumberOf(pictures, 'picture')}.`,
        );
        continue;
      }
      const { name, done, total, secondsLeft } = stepOf(event as Exclude<Event, Plan>);
      if (name !== phase) progress.begin(name, total, done - 1);
      phase = name;
      progress.update(done, [timeLeft(secondsLeft)]);
    }
    return next.value;
  } finally {
    progress.end();
  }
}
