/**
 * In a process of its own, where nothing that ran before is in the peak: makes a picture of `side` pixels with one
 * session at a time, and prints how much memory that took and what is planned where just so much is free.
 */

import { forgetPeak, residentMemory } from '../../bench/resident-memory.ts';
import { generateOn } from '../../companion/engine/generate.ts';
import { loadModel } from '../../companion/engine/loaded-model.ts';
import { planSampling } from '../../companion/engine/sampling-plan.ts';
import { samplingGraphOf } from '../../companion/residuals/sample-picture.ts';

const { folder, cacheFolder, side } = JSON.parse(process.argv[2]!);
let freeBytes = 350e6;
process.availableMemory = () => freeBytes;
process.constrainedMemory = () => Number.MAX_SAFE_INTEGER;

const options = { model: folder, device: 'cpu', threads: 1, cacheFolder } as const;
const model = await loadModel(options);
const { residentBytes } = residentMemory()!;
forgetPeak();
const request = {
  ...options,
  prompt: 'a bottle on a beach',
  negativePrompt: '',
  concepts: [],
  count: 1,
  seed: 3,
  strength: 1,
  size: { width: side, height: side },
  settings: { steps: 1, sampler: 'ddim' },
} as const;
for await (const _ of generateOn(model, request));
freeBytes = residentMemory()!.peakBytes - residentBytes;
await model.pipeline.close();

const cells = side / model.pipeline.downscale;
const settings = model.recommended.sampling;
const graph = samplingGraphOf(model.pipeline, { concepts: [], settings, height: cells, width: cells });
process.stdout.write(
  JSON.stringify({ takenBytes: freeBytes, plan: planSampling(model.pipeline, 'cpu', graph) }),
);
