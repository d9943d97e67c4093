import { newId } from '../../../shared/protocol/ids.ts';
import { SEED_MAX } from '../../../shared/protocol/limits.ts';

export const newJobId = () => newId('job', crypto.getRandomValues(new Uint8Array(16)));
export const newImageId = () => newId('image', crypto.getRandomValues(new Uint8Array(16)));

/** Six digits: short enough to read out and to type again. */
export const newSeed = () => crypto.getRandomValues(new Uint32Array(1))[0]! % Math.min(1_000_000, SEED_MAX);
