/** The plugin in the studio, as a person feels it: stutter while pictures are placed, first paint, first preview. */

import { browserPath } from '../../tests/browser/installed-browser.ts';
import { isBusy } from '../interleaved-timing.ts';
import { measurePlugin, type PluginFigures } from '../plugin-in-browser.ts';
import type { Row, Subject } from '../subject.ts';

const MAIN_THREAD = 'plugin main thread';
const THREADS = [MAIN_THREAD, 'plugin UI', 'studio page'] as const;

export const plugin: Subject = async function* ({ quick, progress }) {
  if (browserPath === undefined) {
    progress('plugin: no Chrome or Chromium was found');
    return;
  }
  // Before it begins: the browser keeps every core busy by itself.
  const unsure = isBusy();
  progress('plugin: in a browser, with the real companion');
  const { placing, firstPaintMs, previewMs } = await measurePlugin(quick ? 2 : 5);
  const threads = THREADS.map((thread) => threadRow(thread, placing));
  const longest = (figure: 'best_ms' | 'processor_ms') =>
    Math.max(...threads.map(({ figures }) => figures[figure]!));
  const limit = { unit: 'ms', direction: 'at most', unsure } as const;
  yield {
    title: 'placing four variants of 1024 px: the longest task of each thread',
    rows: threads,
    note: "By the clock, and the median of the processor time. In Figma the plugin's main thread is the editor's own.",
    targets: [
      {
        ...limit,
        name: 'placing: longest task of the main thread in the worst round',
        measured: threads.find((row) => row.case === MAIN_THREAD)!.figures.worst_ms!,
        limit: 50,
      },
      {
        ...limit,
        name: 'placing: longest task of any thread, processor time',
        measured: longest('processor_ms'),
        limit: 50,
        unsure: false,
      },
      {
        ...limit,
        name: 'placing: longest task of any thread, by the clock, best round',
        measured: longest('best_ms'),
        limit: 50,
      },
    ],
  };
  const paint = timesRow('plugin start to first paint', firstPaintMs);
  const preview = timesRow('first denoising step to its preview on the canvas', previewMs);
  yield {
    title: 'the plugin in the studio',
    rows: [paint, preview],
    targets: [
      { ...limit, name: paint.case, measured: paint.figures.median_ms!, limit: 300 },
      { ...limit, name: preview.case, measured: preview.figures.median_ms!, limit: 1000 },
    ],
  };
};

function threadRow(thread: (typeof THREADS)[number], placing: PluginFigures['placing']): Row {
  const rounds = placing.map((round) => round[thread]);
  const { figures } = timesRow(
    thread,
    rounds.map(({ wallMs }) => wallMs),
  );
  const processor = timesRow(
    thread,
    rounds.map(({ processorMs }) => processorMs),
  );
  return { case: thread, figures: { ...figures, processor_ms: processor.figures.median_ms! } };
}

function timesRow(name: string, times: readonly number[]): Row {
  const sorted = [...times].sort((a, b) => a - b);
  return {
    case: name,
    figures: {
      best_ms: sorted[0]!,
      median_ms: sorted[Math.floor(sorted.length / 2)]!,
      worst_ms: sorted.at(-1)!,
    },
  };
}
