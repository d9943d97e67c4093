/** Stable Diffusion XL at its real size, on random weights: what opening, a picture and a step of teaching cost. */

import { join } from 'node:path';
import { openBenchModel } from '../bench-model.ts';
import { type Figure, type FigureResult, measureFigure } from '../full-size/figure.ts';
import { ensureFile, ensureFolder } from '../full-size/random-checkpoint.ts';
import type { BenchOptions, Section, Subject, Target } from '../subject.ts';
import { measureLocalization } from './localization.ts';
import { RATIO_THREADS } from './training.ts';

const GB = 2 ** 30;

interface SdxlFigure extends Figure {
  readonly title: string;
  readonly form?: 'file';
  /** Most of its seconds, by their name. */
  readonly atMost?: readonly [seconds: string, limit: number];
  /** Most resident memory. */
  readonly atMostGb?: number;
}

const FIGURES: Readonly<Record<string, SdxlFigure>> = {
  open: { what: 'open', side: 512, title: 'opened, as a folder', atMost: ['ready_s', 5] },
  'open-file': {
    what: 'open',
    side: 512,
    form: 'file',
    title: 'opened, as one file',
    atMost: ['ready_s', 5],
  },
  'forward-512': { what: 'forward', side: 512, steps: 3, title: 'forward pass at 512 px, batch 1' },
  'packed-512': {
    what: 'forward',
    side: 512,
    steps: 3,
    packed: true,
    title: 'forward pass at 512 px, batch 1, weights packed',
  },
  'forward-1024': { what: 'forward', side: 1024, steps: 2, title: 'forward pass at 1024 px, batch 1' },
  'picture-512': { what: 'picture', side: 512, title: 'picture of 512 px in two guided steps' },
  'picture-1024': {
    what: 'picture',
    side: 1024,
    title: 'picture of 1024 px in two guided steps',
    atMostGb: 13,
  },
  'teach-512': { what: 'teach', side: 512, title: 'two steps of teaching at 512 px, batch 1', atMostGb: 20 },
};

/** Side of the latents that masks are timed at: a step of each contender takes seconds even so. */
const MASK_CELLS = 32;

export const sdxl: Subject = async function* (options) {
  if (!options.full) return;
  const names = [...Object.keys(FIGURES), 'masks'].filter((name) => options.figures?.includes(name) ?? true);
  for (const name of names) {
    const figure = FIGURES[name];
    if (figure === undefined) yield await masks(options);
    else yield await measured(name, figure, options);
  }
};

async function measured(name: string, figure: SdxlFigure, options: BenchOptions): Promise<Section> {
  const { cache, threads, progress } = options;
  const model =
    figure.form === 'file' ? await ensureFile(cache, progress) : await ensureFolder('sdxl', cache, progress);
  const subject = { model, cacheFolder: join(cache, 'converted'), threads };
  progress(`SDXL: ${figure.title}`);
  // The first time that a model is opened its weights are converted, which is no part of any figure.
  if (figure.what === 'open') await measureFigure(figure, subject);
  const result = await measureFigure(figure, subject);
  const { title, atMost, atMostGb } = figure;
  const targets: Target[] = [];
  if (atMost !== undefined) {
    const [seconds, limit] = atMost;
    const subjectOf = { name: `SDXL ${title}`, unit: 's', direction: 'at most' } as const;
    targets.push({ ...subjectOf, measured: result.seconds[seconds]!, limit });
  }
  if (atMostGb !== undefined) {
    const subjectOf = { name: `SDXL ${title}: peak memory`, unit: 'GB', direction: 'at most' } as const;
    targets.push({ ...subjectOf, measured: result.peakBytes / GB, limit: atMostGb });
  }
  return { title: `SDXL: ${title} (${name})`, rows: [row(title, result)], targets };
}

function row(title: string, { seconds, peakBytes, anonymousBytes, fileBytes }: FigureResult) {
  const memory = { peak_gb: peakBytes / GB, own_gb: anonymousBytes / GB, mapped_gb: fileBytes / GB };
  return { case: title, figures: { ...seconds, ...memory } };
}

async function masks({ cache, progress }: BenchOptions): Promise<Section> {
  const folder = await ensureFolder('sdxl', cache, progress);
  const cacheFolder = join(cache, 'converted');
  const model = await openBenchModel({ folder, cacheFolder, latentCells: MASK_CELLS }, RATIO_THREADS);
  progress('SDXL: localized sampling');
  const section = await measureLocalization(model, 60_000, 'whole');
  await model.close();
  return section;
}
