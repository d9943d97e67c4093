/** One block of Stable Diffusion 1.5 at its real width, beside PyTorch where there is one. */

import { openSession } from '../../companion/runtime/session.ts';
import { noiseFeeds, runOnce } from '../feeds.ts';
import {
  type Contender,
  isBusy,
  processorRatio,
  shortestProcessorRatio,
  type Timing,
  takeTurns,
  wallRatio,
} from '../interleaved-timing.ts';
import { blockWeights, buildBlock } from '../sd15-block.ts';
import type { Row, Section, Subject, Target } from '../subject.ts';
import { TorchPeer } from '../torch-peer.ts';
import { MAX_STEP_PER_FORWARD, RATIO_THREADS } from './training.ts';

const MIN_TORCH_PER_OURS = 1.5;

export const block: Subject = async function* (options) {
  // One thread tells how much work there is; all of them, how it spreads over the cores.
  const threadCounts = new Set(options.quick ? [RATIO_THREADS] : [RATIO_THREADS, options.threads]);
  for (const threads of threadCounts) {
    const torch = await TorchPeer.start(threads);
    options.progress(
      `SD 1.5 block, ${threads} threads${torch === undefined ? '' : `, and PyTorch ${torch.version}`}`,
    );
    yield await measureBlock(threads, options.quick ? [1] : [1, 2, 4], options.quick ? 1000 : 8000, torch);
    torch?.stop();
  }
};

async function measureBlock(
  threads: number,
  batches: readonly number[],
  budgetMs: number,
  torch: TorchPeer | undefined,
): Promise<Section> {
  const byProcessor = threads === RATIO_THREADS;
  const clock = byProcessor ? 'processorMs' : 'wallMs';
  const compare = byProcessor ? processorRatio : wallRatio;
  const rows: Row[] = [];
  const targets: Target[] = [];
  for (const batch of batches) {
    const { forward, step, torchForward, torchStep } = await race(threads, batch, budgetMs, torch);
    const figures: Record<string, number> = {
      forward_ms: forward!.median[clock],
      step_ms: step!.median[clock],
      step_per_forward: compare(step!, forward!),
    };
    if (byProcessor) {
      figures.step_per_forward_shortest = shortestProcessorRatio(step!, forward!);
      targets.push({
        name: `SD 1.5 block: training step / forward, batch ${batch}`,
        measured: compare(step!, forward!),
        unit: 'x',
        limit: MAX_STEP_PER_FORWARD.small,
        direction: 'at most',
      });
    }
    if (torchForward !== undefined && torchStep !== undefined) {
      figures.torch_forward_ms = torchForward.median[clock];
      figures.torch_step_ms = torchStep.median[clock];
      figures.torch_per_our_forward = compare(torchForward, forward!);
      figures.torch_per_our_step = compare(torchStep, step!);
      targets.push({
        name: `SD 1.5 block: PyTorch's training step / ours, batch ${batch}, threads: ${threads}`,
        measured: compare(torchStep, step!),
        unit: 'x',
        limit: MIN_TORCH_PER_OURS,
        direction: 'at least',
        // OpenMP's barriers suffer more from busy cores than onnxruntime does: the figure would flatter us.
        unsure: !byProcessor && isBusy(),
      });
    }
    rows.push({ case: `batch ${batch}`, figures });
  }
  const against =
    torch === undefined ? 'No python3 with PyTorch was found.' : `Against PyTorch ${torch.version}.`;
  return {
    title: `SD 1.5: ResBlock + SpatialTransformer, 320 channels at 32 x 32, threads: ${threads}`,
    rows,
    targets,
    note: `${byProcessor ? 'Processor time' : 'Wall-clock time'}, medians. ${against}`,
  };
}

async function race(threads: number, batch: number, budgetMs: number, torch: TorchPeer | undefined) {
  const forwardGraph = buildBlock(batch, { trained: false });
  const stepGraph = buildBlock(batch, { trained: true });
  const forward = await openSession(forwardGraph, blockWeights(forwardGraph), { threads });
  const step = await openSession(stepGraph, blockWeights(stepGraph), { threads });
  const [forwardFeeds, stepFeeds] = [noiseFeeds(forwardGraph), noiseFeeds(stepGraph)];
  const contenders: Record<string, Contender> = {
    forward: () => runOnce(forward, forwardFeeds),
    step: () => runOnce(step, stepFeeds),
  };
  if (torch !== undefined) {
    contenders.torchForward = () => torch.run('forward', batch);
    contenders.torchStep = () => torch.run('step', batch);
  }
  const timing: Record<string, Timing> = await takeTurns(contenders, {
    atLeast: 5,
    budgetMs,
  });
  await forward.release();
  await step.release();
  return timing;
}
