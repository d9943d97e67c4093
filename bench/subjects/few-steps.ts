/** Few steps against many: a picture of Stable Diffusion 1.5's size from the prompt to the end, on random weights. */

import { join } from 'node:path';
import { measureFigure } from '../full-size/figure.ts';
import { ensureFolder } from '../full-size/random-checkpoint.ts';
import type { Subject } from '../subject.ts';

const SIDE = 512;
const TIMES_FASTER = 12;

const CASES = {
  few: { title: '4 steps without guidance, fast decoder', steps: 4, guidanceScale: 1, fast: true },
  many: { title: '30 steps with guidance, full decoder', steps: 30, guidanceScale: 7.5, fast: false },
} as const;

export const fewSteps: Subject = async function* ({ full, cache, threads, figures, progress }) {
  if (!full) return;
  const model = await ensureFolder('sd15', cache, progress);
  const seconds: Partial<Record<keyof typeof CASES, number>> = {};
  for (const [name, { title, ...figure }] of Object.entries(CASES)) {
    if (figures !== undefined && !figures.includes(name)) continue;
    progress(`SD 1.5, ${SIDE} px: ${title}`);
    const subject = { model, cacheFolder: join(cache, 'converted'), threads };
    // What was converted, and the system's cache of it, are there in use as well.
    const warm = { what: 'forward', side: SIDE, steps: 1 } as const;
    await measureFigure(warm, subject);
    const result = await measureFigure({ what: 'picture', side: SIDE, ready: true, ...figure }, subject);
    const taken = result.seconds.picture_s!;
    seconds[name as keyof typeof CASES] = taken;
    const figuresOf = { picture_s: taken, peak_gb: result.peakBytes / 2 ** 30 };
    yield {
      title: `SD 1.5 at ${SIDE} px, from prompt to picture`,
      rows: [{ case: title, figures: figuresOf }],
    };
  }
  const { few, many } = seconds;
  if (few === undefined || many === undefined) return;
  yield {
    title: `SD 1.5 at ${SIDE} px: few steps`,
    rows: [{ case: 'many steps / few', figures: { ratio: many / few } }],
    targets: [
      {
        name: `SD 1.5 at ${SIDE} px: ${CASES.many.title} / ${CASES.few.title}`,
        measured: many / few,
        unit: 'x',
        limit: TIMES_FASTER,
        direction: 'at least',
      },
    ],
  };
};
