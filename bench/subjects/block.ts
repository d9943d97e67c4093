/** One block of Stable Diffusion 1.5 at its real width, beside PyTorch where there is one. */

import { openSession } from '../../companion/runtime/session.ts';
import { noiseFeeds } from '../feeds.ts';
import { ratio, ratioOfMedians, takeTurns } from '../interleaved-timing.ts';
import { blockWeights, buildBlock } from '../sd15-block.ts';
import type { BenchOptions, Row, Subject, Target } from '../subject.ts';
import { TorchPeer } from '../torch-peer.ts';
import { MAX_STEP_PER_FORWARD } from './training.ts';

const MIN_TORCH_PER_OURS = 1.5;

export const block: Subject = async function* (options) {
  const torch = await TorchPeer.start(options.threads);
  const rows: Row[] = [];
  const targets: Target[] = [];
  for (const batch of options.quick ? [1] : [1, 2, 4]) {
    options.progress(
      `SD 1.5 block, batch ${batch}${torch === undefined ? '' : `, and PyTorch ${torch.version}`}`,
    );
    const measured = await measure(batch, options, torch);
    rows.push(measured.row);
    targets.push(...measured.targets);
  }
  torch?.stop();
  yield {
    title: 'SD 1.5: ResBlock + SpatialTransformer, 320 channels at 32 x 32',
    rows,
    targets,
    note:
      torch === undefined
        ? 'No python3 with PyTorch was found to compare with.'
        : `PyTorch ${torch.version}, ${options.threads} threads, taking turns with ours.`,
  };
};

async function measure(batch: number, { threads, quick }: BenchOptions, torch: TorchPeer | undefined) {
  const [forwardGraph, stepGraph] = [false, true].map((trained) => buildBlock(batch, { trained })) as [
    ReturnType<typeof buildBlock>,
    ReturnType<typeof buildBlock>,
  ];
  const forward = await openSession(forwardGraph, blockWeights(forwardGraph), { threads });
  const step = await openSession(stepGraph, blockWeights(stepGraph), { threads });
  const [forwardFeeds, stepFeeds] = [noiseFeeds(forwardGraph), noiseFeeds(stepGraph)];
  const contenders: Record<string, () => Promise<unknown>> = {
    forward: () => forward.run(forwardFeeds),
    step: () => step.run(stepFeeds),
  };
  if (torch !== undefined) {
    contenders.torchForward = () => torch.run('forward', batch);
    contenders.torchStep = () => torch.run('step', batch);
  }
  const timing = await takeTurns(contenders, { atLeast: 3, budgetMs: quick ? 1000 : 10_000 });
  await forward.release();
  await step.release();

  const ours = { forward: timing.forward!, step: timing.step! };
  const perForward = ratio(ours.step, ours.forward);
  const figures: Record<string, number> = {
    forward_ms: ours.forward.fastestMs,
    step_ms: ours.step.fastestMs,
    step_per_forward: perForward,
  };
  const targets: Target[] = [];
  const { torchForward, torchStep } = timing;
  if (torchForward !== undefined && torchStep !== undefined) {
    figures.torch_forward_ms = torchForward.fastestMs;
    figures.torch_step_ms = torchStep.fastestMs;
    figures.torch_per_our_forward = ratio(torchForward, ours.forward);
    figures.torch_per_our_step = ratio(torchStep, ours.step);
    figures.torch_per_our_step_medians = ratioOfMedians(torchStep, ours.step);
    targets.push({
      name: `SD 1.5 block: PyTorch's training step / ours, batch ${batch}`,
      measured: ratio(torchStep, ours.step),
      unit: 'x',
      limit: MIN_TORCH_PER_OURS,
      direction: 'at least',
    });
  }
  targets.push({
    name: `SD 1.5 block: training step / forward, batch ${batch}`,
    measured: perForward,
    unit: 'x',
    limit: MAX_STEP_PER_FORWARD,
    direction: 'at most',
  });
  return { row: { case: `batch ${batch}`, figures }, targets };
}
