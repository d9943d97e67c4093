/** A checkpoint like the golden one but for its UNet: other weights, other settings, the rest linked. */

import { mkdir, mkdtemp, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openComponent } from '../../companion/checkpoint/diffusers-folder.ts';
import { readFloat32 } from '../../companion/tensor/safetensors-file.ts';
import type { WritableTensor } from '../../companion/tensor/safetensors-writer.ts';
import { COMPONENTS } from '../checkpoint/component-specs.ts';
import { writeSafetensors } from '../tensor/tensor-files.ts';
import type { GoldenDirectory } from './golden-directory.ts';
import type { GoldenTensor } from './golden-tensors.ts';

export interface UnetChanges {
  readonly weight: (name: string, tensor: GoldenTensor) => WritableTensor;
  /** Fields that take the place of the config's. */
  readonly config?: Readonly<Record<string, unknown>>;
}

/** The folder, inside the golden directory's scratch folder. */
export async function deriveCheckpoint(golden: GoldenDirectory, changes: UnetChanges): Promise<string> {
  const source = golden.pipeline.checkpoint.folder;
  const folder = await mkdtemp(join(golden.scratch, 'derived-'));
  for (const entry of await readdir(source, { withFileTypes: true })) {
    if (entry.name === 'unet') continue;
    const kind = entry.isDirectory() ? 'junction' : 'file';
    await symlink(join(source, entry.name), join(folder, entry.name), kind);
  }
  await mkdir(join(folder, 'unet'));
  const unet = await openComponent(join(source, 'unet'), COMPONENTS.unet, '');
  await writeFile(join(folder, 'unet', 'config.json'), JSON.stringify({ ...unet.config, ...changes.config }));
  const tensors = new Map<string, WritableTensor>();
  for (const name of unet.weights.names()) {
    tensors.set(name, changes.weight(name, await readFloat32(unet.weights.get(name))));
  }
  await writeSafetensors(join(folder, 'unet', 'diffusion_pytorch_model.safetensors'), tensors);
  return folder;
}
