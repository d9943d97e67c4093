/** Whether there are graphs for a model, from its configs: asked before gigabytes of weights are fetched. */

import { join } from 'node:path';
import { parseNoiseSchedule } from '../diffusion/noise-process.ts';
import { parseVaeConfig } from '../models/layers/autoencoder-config.ts';
import { parseClipTextConfig } from '../models/layers/clip-text-config.ts';
import { parseUnetConfig } from '../models/layers/unet-config.ts';
import { readJsonObject } from '../storage/json-file.ts';

/** @throws LikenessError `checkpoint-*` for the first setting that no graph knows */
export async function requireConfigsOf(folder: string, name: string): Promise<void> {
  const read = (path: string) => readJsonObject(join(folder, path));
  parseUnetConfig(await read('unet/config.json'), `${name}/unet`);
  parseClipTextConfig(await read('text_encoder/config.json'), `${name}/text_encoder`);
  parseVaeConfig(await read('vae/config.json'), `${name}/vae`);
  parseNoiseSchedule(await read('scheduler/scheduler_config.json'));
}
