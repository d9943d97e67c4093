/** Advice on frames in people's words: what several have in common is said once. */

import type { FrameAdvice } from '../../../shared/protocol/job.ts';

export interface AdviceNote {
  /** "Frame 2", "Frames 1, 2 and 4", "All frames". */
  readonly frames: string;
  readonly severity: FrameAdvice['severity'];
  readonly text: string;
}

/** "1 frame", "5 frames". */
export function frameCount(count: number): string {
  return `${count} ${count === 1 ? 'frame' : 'frames'}`;
}

/** Those of the same text together, in the order in which they first occur. */
export function groupedByText<Advice extends { readonly text: string }>(
  advice: readonly Advice[],
): readonly (readonly [Advice, ...Advice[]])[] {
  const groups = new Map<string, [Advice, ...Advice[]]>();
  for (const one of advice) {
    const group = groups.get(one.text);
    if (group === undefined) groups.set(one.text, [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

/** Problems first. @param count frames in all */
export function adviceByText(advice: readonly FrameAdvice[], count: number): readonly AdviceNote[] {
  const notes = groupedByText(advice).map((group) => {
    const frames = framesText([...new Set(group.map(({ frame }) => frame + 1))], count);
    const [{ severity, text }] = group;
    return { frames, severity, text };
  });
  return notes.toSorted((a, b) => Number(b.severity === 'problem') - Number(a.severity === 'problem'));
}

/** @param numbers from 1 */
function framesText(numbers: readonly number[], count: number): string {
  if (numbers.length === count) return count === 1 ? 'The frame' : 'All frames';
  if (numbers.length === 1) return `Frame ${numbers[0]}`;
  return `Frames ${new Intl.ListFormat('en-GB').format(numbers.map(String))}`;
}
