/** Concept files of a few bytes. */

import { join } from 'node:path';
import type { Concept } from '../../companion/concepts/concept.ts';
import { writeConcept } from '../../companion/concepts/concept-file.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';

const BLOCK = 'mid_block.attentions.0';

/** `weight` decides what was learned: concepts of one weight have the same weight hash. */
export function smallConcept(name: string, weight: number, facts: Partial<Concept> = {}): Concept {
  return {
    name,
    classWord: 'bottle',
    identifier: 'zqx',
    baseModel: { name: 'nano', hash: 'ab'.repeat(32), architecture: 'stable-diffusion-v1' },
    resolution: { width: 16, height: 16 },
    method: { steps: 12 },
    referenceCount: 4,
    figures: { seconds: 3 },
    rights: {},
    version: 1,
    createdAt: '2026-05-04T10:00:00Z',
    storedAs: 'conv1x1',
    factors: new Map([
      [
        BLOCK,
        {
          down: Float32Array.of(weight, 2, 3, 4),
          up: Float32Array.of(5, 6, 7, 8),
          rank: 1,
          channels: 4,
          scale: 0.5,
        },
      ],
    ]),
    ...facts,
  };
}

/** Gives the file's path. */
export async function writeSmallConcept(
  folder: string,
  name: string,
  weight: number,
  facts: Partial<Concept> = {},
): Promise<string> {
  const path = join(folder, `${name}-${weight}.safetensors`);
  await writeConcept(path, smallConcept(name, weight, facts));
  return path;
}

/** As other tools write it: no word of what it is. */
export async function writePlainLora(folder: string, { alpha = 1, channels = 4 } = {}): Promise<string> {
  const path = join(folder, 'downloaded.safetensors');
  const stem = 'lora_unet_mid_block_attentions_0_proj_out';
  const factor = () => Float32Array.from({ length: channels }, (_, index) => index + 1 + alpha);
  await writeSafetensors(
    path,
    new Map([
      [`${stem}.alpha`, { dtype: 'F32', shape: [], data: Float32Array.of(alpha) }],
      [`${stem}.lora_down.weight`, { dtype: 'F32', shape: [1, channels, 1, 1], data: factor() }],
      [`${stem}.lora_up.weight`, { dtype: 'F32', shape: [channels, 1, 1, 1], data: factor() }],
    ]),
  );
  return path;
}
