/**
 * In a process of its own, where nothing that ran before is in the peak: makes a picture of `side` pixels with one
 * session at a time, and prints how much memory that took and what is planned where just so much is free.
 */

import { forgetPeak, residentMemory } from '../../bench/resident-memory.ts';
import { loadModel } from '../../companion/pipeline/loaded-model.ts';
import { bottlePixels, plannedFor } from './bottle-picture.ts';

const { folder, cacheFolder, side } = JSON.parse(process.argv[2]!);
let freeBytes = 350e6;
process.availableMemory = () => freeBytes;
process.constrainedMemory = () => Number.MAX_SAFE_INTEGER;

const options = { model: folder, device: 'cpu', threads: 1, cacheFolder } as const;
const model = await loadModel(options);
const { residentBytes } = residentMemory()!;
forgetPeak();
await bottlePixels(model, options, side);
freeBytes = residentMemory()!.peakBytes - residentBytes;
await model.pipeline.close();

process.stdout.write(JSON.stringify({ takenBytes: freeBytes, plan: plannedFor(model, side) }));
