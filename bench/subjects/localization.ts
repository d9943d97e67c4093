/** Cost of localizing in each denoising step: against residuals without masks, and against the base model. */

import type { BenchModel } from '../bench-model.ts';
import { openBenchModel } from '../bench-model.ts';
import { processorRatio, shortestProcessorRatio, takeTurns } from '../interleaved-timing.ts';
import { localizedTurn, plainTurn } from '../sampling-turn.ts';
import type { Section, Subject } from '../subject.ts';
import { RATIO_THREADS } from './training.ts';

/** Of a model at its real size; on small ones a step is so short that a twentieth of a millisecond counts. */
const MAX_LOCALIZED_PER_PLAIN = { small: 1.03, whole: 1.02 } as const;

export const localization: Subject = async function* (options) {
  for (const folder of options.models) {
    const model = await openBenchModel({ folder }, RATIO_THREADS);
    options.progress(`${model.name}: localized sampling`);
    yield await measureLocalization(model, options.quick ? 1000 : 10_000);
    await model.close();
  }
};

export async function measureLocalization(
  model: BenchModel,
  budgetMs: number,
  size: keyof typeof MAX_LOCALIZED_PER_PLAIN = 'small',
): Promise<Section> {
  // Copies of a whole model's weights would not fit beside each other: mapped, the contenders share them.
  const weights = size === 'whole' ? 'mapped' : 'packed';
  const timing = await takeTurns(
    {
      base: await plainTurn(model, false, weights),
      plain: await plainTurn(model, true, weights),
      median: await localizedTurn(model, 'median', 'median', weights),
      attention: await localizedTurn(model, 'adaptive', 'attention', weights),
      probe: await localizedTurn(model, 'adaptive', 'probe', weights),
    },
    { atLeast: 3, budgetMs },
  );
  const titles = {
    base: 'base model',
    plain: 'residuals everywhere',
    median: 'LAG, median masks',
    attention: 'LAG, adaptive masks by attention',
    probe: 'LAG, adaptive masks by probe',
  };
  const names = Object.keys(titles) as (keyof typeof titles)[];
  return {
    title: `${model.name}: one denoising step with guidance (batch 2)`,
    rows: names.map((name) => ({
      case: titles[name],
      figures: {
        step_ms: timing[name].median.processorMs,
        per_base: processorRatio(timing[name], timing.base),
        per_plain: processorRatio(timing[name], timing.plain),
        per_plain_shortest: shortestProcessorRatio(timing[name], timing.plain),
      },
    })),
    note: 'Processor time at one thread, medians.',
    targets: (['median', 'attention', 'probe'] as const).map((name) => ({
      name: `${model.name}: ${titles[name]} / residuals everywhere`,
      measured: processorRatio(timing[name], timing.plain),
      unit: 'x',
      limit: MAX_LOCALIZED_PER_PLAIN[size],
      direction: 'at most',
    })),
  };
}
