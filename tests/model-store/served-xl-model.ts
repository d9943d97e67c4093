/** A small model of Stable Diffusion XL's form with its latents, and a small decoder of them, as a hub has both. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { Graph } from '../../companion/graph/graph.ts';
import { parseTinyVaeConfig } from '../../companion/models/layers/autoencoder-config.ts';
import { decodeLatentsTiny } from '../../companion/models/layers/autoencoder-tiny.ts';
import { Scope, splitParameterName } from '../../companion/models/layers/scope.ts';
import { encodeSafetensors, packTensors } from '../../companion/tensor/safetensors-writer.ts';
import { elementCount } from '../../companion/tensor/tensor.ts';
import { changed, SDXL } from '../models/published-models.ts';
import { addSparseWeights, writeJsonFiles } from '../models/sparse-model.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';

const TEXT = { hidden_size: 32, intermediate_size: 32, num_attention_heads: 1, num_hidden_layers: 2 };

const SMALL = changed(SDXL, {
  'unet/config.json': {
    ...{ block_out_channels: [32, 32, 32], cross_attention_dim: 64, attention_head_dim: 1 },
    ...{ transformer_layers_per_block: 1, layers_per_block: 1, addition_time_embed_dim: 8 },
    projection_class_embeddings_input_dim: 80,
  },
  'vae/config.json': { block_out_channels: [32, 32, 32, 32], layers_per_block: 1 },
  'text_encoder/config.json': TEXT,
  'text_encoder_2/config.json': { ...TEXT, projection_dim: 32 },
});

export async function smallXlFiles(): Promise<Map<string, Uint8Array>> {
  const root = await writeJsonFiles(await scratchFolder(), SMALL);
  await addSparseWeights(root);
  const files = new Map<string, Uint8Array>();
  for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (entry.isFile()) files.set(relative(root, file).split(sep).join('/'), readFileSync(file));
  }
  return files;
}

const DECODER = {
  ...{ _class_name: 'AutoencoderTiny', in_channels: 3, out_channels: 3, latent_channels: 4 },
  ...{ encoder_block_out_channels: [8, 8, 8, 8], decoder_block_out_channels: [8, 8, 8, 8] },
  ...{ num_encoder_blocks: [1, 1, 1, 1], num_decoder_blocks: [1, 1, 1, 1] },
};

/** Its config first. */
export function tinyDecoderFiles(): ReadonlyMap<string, Uint8Array> {
  const graph = new Graph('decoder');
  decodeLatentsTiny(
    new Scope(graph, 'tiny'),
    parseTinyVaeConfig(DECODER),
    graph.input('latents', [1, 4, 4, 4]),
  );
  const tensors = [...graph.parameters].map(([parameter, { shape }]) => {
    const data = new Float32Array(elementCount(shape));
    return [splitParameterName(parameter).name, { dtype: 'F32', shape, data }] as const;
  });
  return new Map<string, Uint8Array>([
    ['config.json', Buffer.from(JSON.stringify(DECODER))],
    ['diffusion_pytorch_model.safetensors', encodeSafetensors(packTensors(new Map(tensors)), {})],
  ]);
}
