/** One rough picture of any size, and what it is planned with. */

import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import { generateOn } from '../../companion/engine/generation/generate.ts';
import { samplingShape } from '../../companion/engine/generation/guided-pass.ts';
import { planSampling, type SessionResidency } from '../../companion/engine/generation/sampling-plan.ts';
import type { GenerateRequest } from '../../companion/engine/requests.ts';
import type { EngineOptions, LoadedModel } from '../../companion/pipeline/loaded-model.ts';
import type { Device } from '../../companion/runtime/device.ts';

/** Pixels of `side` x `side`, RGB. */
export async function bottlePixels(
  model: LoadedModel,
  engine: EngineOptions,
  side: number,
  changes: Partial<GenerateRequest> = {},
): Promise<Uint8Array> {
  const making = generateOn(model, {
    ...engine,
    prompt: resolvePrompt('a bottle on a beach', []),
    negativePrompt: '',
    count: 1,
    seed: 3,
    strength: 1,
    size: { width: side, height: side },
    settings: { steps: 1, sampler: 'ddim' },
    ...(changes.init && { settings: { steps: 2, sampler: 'ddim' } }),
    ...changes,
  });
  for await (const event of making) if (event.type === 'picture') return event.image.data;
  throw new Error('no picture was made');
}

export function plannedFor(
  { pipeline, recommended }: LoadedModel,
  side: number,
  device: Device = 'cpu',
  deviceMemoryBytes?: number,
): SessionResidency {
  const cells = side / pipeline.facts.downscale;
  const shape = { concepts: [], settings: recommended.sampling, height: cells, width: cells };
  return planSampling(
    pipeline,
    { device, deviceMemoryBytes },
    [samplingShape(pipeline, shape)],
    [pipeline.decoder(cells, cells)],
  );
}
