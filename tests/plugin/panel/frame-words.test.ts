import { expect, it } from 'vitest';
import { adviceByText } from '../../../plugin/ui/work/labels.ts';

const on = (frames: readonly number[], severity: 'problem' | 'hint', text: string) =>
  frames.map((frame) => ({ frame, severity, text }));

it('says once what several frames have in common, problems first', () => {
  const advice = [...on([0, 1, 3], 'hint', 'Remove it.'), ...on([1], 'problem', 'Too small.')];
  expect(adviceByText(advice, 5)).toEqual([
    { frames: 'Frame 2', severity: 'problem', text: 'Too small.' },
    { frames: 'Frames 1, 2 and 4', severity: 'hint', text: 'Remove it.' },
  ]);
});

it.each([
  [[0], 1, 'The frame'],
  [[0, 1], 2, 'All frames'],
  [[0, 1], 3, 'Frames 1 and 2'],
])('calls %j of %i "%s"', (frames, count, words) => {
  expect(adviceByText(on(frames, 'hint', 'x'), count)[0]!.frames).toBe(words);
});

it('has nothing to say of good frames', () => {
  expect(adviceByText([], 4)).toEqual([]);
});
