/** Advice on frames in people's words: what several have in common is said once. */

import type { FrameAdvice } from '../../../shared/protocol/job.ts';

export interface AdviceNote {
  /** "Frame 2", "Frames 1, 2 and 4", "All frames". */
  readonly frames: string;
  readonly severity: FrameAdvice['severity'];
  readonly text: string;
}

/** Problems first. @param count frames in all */
export function adviceByText(advice: readonly FrameAdvice[], count: number): readonly AdviceNote[] {
  const texts = [...new Set(advice.map(({ text }) => text))];
  const notes = texts.map((text) => {
    const all = advice.filter((other) => other.text === text);
    const frames = framesText([...new Set(all.map(({ frame }) => frame + 1))], count);
    return { frames, severity: all[0]!.severity, text };
  });
  return notes.toSorted((a, b) => Number(b.severity === 'problem') - Number(a.severity === 'problem'));
}

/** @param numbers from 1 */
function framesText(numbers: readonly number[], count: number): string {
  if (numbers.length === count) return count === 1 ? 'The frame' : 'All frames';
  if (numbers.length === 1) return `Frame ${numbers[0]}`;
  return `Frames ${new Intl.ListFormat('en-GB').format(numbers.map(String))}`;
}
