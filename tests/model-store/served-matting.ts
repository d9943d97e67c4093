/** The networks that remove backgrounds and enlarge pictures, as a hub has them: small ones in the place of those that people fetch. */

import { CATALOGUE } from '../../companion/model-store/catalogue-entries.ts';
import { networkBytes } from '../matting/small-network.ts';
import type { OtherRepository } from './hub/local-hub.ts';

const { repository } = CATALOGUE.find(({ kind }) => kind === 'background remover')!;
const { repository: upscaler } = CATALOGUE.find(({ kind }) => kind === 'upscaler')!;

/** @param network bytes of the ONNX file, which wants values of -0.5 to 0.5 at 64 px unless it says otherwise */
export function servedMatting(network = networkBytes()): Readonly<Record<string, OtherRepository>> {
  const settings = { size: { height: 64, width: 64 }, image_mean: [0.5, 0.5, 0.5], image_std: [1, 1, 1] };
  const files = new Map([
    ['onnx/model.onnx', network],
    ['onnx/model_fp16.onnx', Buffer.from('not this one')],
    ['preprocessor_config.json', Buffer.from(JSON.stringify(settings))],
    ['README.md', Buffer.from('---\n')],
  ]);
  return { [repository]: { commit: 'd'.repeat(40), files, licence: 'mit' } };
}

export function servedUpscaler(): Readonly<Record<string, OtherRepository>> {
  const files = new Map([['onnx/model.onnx', networkBytes()]]);
  return { [upscaler]: { commit: 'e'.repeat(40), files, licence: 'apache-2.0' } };
}
