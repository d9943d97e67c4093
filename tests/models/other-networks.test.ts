/** Networks that lie where base models do and are none: each is told by name, with what to do with it. */

import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { safetensorsBytes } from '../tensor/safetensors-bytes.ts';

/** A file of one value under each name. */
function fileOf(names: readonly string[]): Uint8Array {
  const tensors = names.map((name, index) => [
    name,
    { dtype: 'F32', shape: [1], data_offsets: [4 * index, 4 * index + 4] },
  ]);
  return safetensorsBytes(JSON.stringify(Object.fromEntries(tensors)), 4 * names.length);
}

const LORA = 'unet.down_blocks.0.attentions.0.proj_in.lora_A.weight';

describe('in a file of their own', () => {
  it.each([
    ['a LoRA of peft', LORA, /a LoRA/, /add-lora/],
    [
      'a LoRA of old diffusers',
      'unet.mid_block.attentions.0.processor.to_q_lora.down.weight',
      /a LoRA/,
      /add-lora/,
    ],
    ['a LoHa', 'lora_unet_mid_block_attentions_0_proj_in.hada_w1_a', /a LoRA/, /add-lora/],
    ['a ControlNet', 'control_model.input_blocks.0.0.weight', /a ControlNet/, /Use a model/],
    ['a ControlNet of diffusers', 'controlnet_cond_embedding.conv_in.weight', /a ControlNet/, /Use a model/],
    ['an IP adapter', 'image_proj.norm.weight', /an IP adapter/, /Use a model/],
    [
      'motion',
      'down_blocks.0.motion_modules.0.temporal_transformer.norm.weight',
      /AnimateDiff/,
      /Use a model/,
    ],
    ['a textual inversion', 'emb_params', /a textual inversion/, /Use a model/],
    ['one of SDXL', 'clip_g', /a textual inversion/, /Use a model/],
    ['TAESD', 'decoder.layers.0.weight', /fast decoder/, /vae_tiny/],
    ['an autoencoder', 'encoder.conv_in.weight', /an autoencoder alone/, /model_index\.json/],
    ['a denoiser', 'down_blocks.0.resnets.0.conv1.weight', /a denoiser alone/, /model_index\.json/],
    [
      'a text encoder',
      'text_model.encoder.layers.0.mlp.fc1.weight',
      /a text encoder alone/,
      /model_index\.json/,
    ],
    ['FLUX', 'double_blocks.0.img_attn.qkv.weight', /FLUX/, /Use a model/],
    ['Stable Diffusion 3', 'model.diffusion_model.joint_blocks.0.x', /Stable Diffusion 3/, /Use a model/],
    ['PixArt', 'blocks.0.cross_attn.q_linear.weight', /transformer/, /Use a model/],
    ['Stable Cascade', 'clip_txt_pooled_mapper.weight', /Stable Cascade/, /Use a model/],
    ['a language model', 'model.layers.0.self_attn.q_proj.weight', /a language model/, /Use a model/],
    ['ESRGAN', 'body.0.rdb1.conv1.weight', /enlarges pictures/, /Use a model/],
  ])('%s', async (_, name, words, advice) => {
    const path = join(await scratchFolder(), 'network.safetensors');
    await writeFile(path, fileOf([name]));
    await expect(openCheckpoint(path)).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(words),
      advice: expect.stringMatching(advice),
    });
  });
});

describe('in a folder of their own', () => {
  it.each([
    ['a ControlNet', { _class_name: 'ControlNetModel' }, /a ControlNet.*ControlNetModel/],
    ['a union of them', { _class_name: 'ControlNetUnionModel' }, /a ControlNet/],
    ['motion', { _class_name: 'MotionAdapter' }, /AnimateDiff/],
    ['a T2I adapter', { _class_name: 'T2IAdapter' }, /T2I adapter/],
    ['an autoencoder', { _class_name: 'AutoencoderKL' }, /an autoencoder alone/],
    ['TAESD', { _class_name: 'AutoencoderTiny' }, /fast decoder/],
    ['a transformer', { _class_name: 'FluxTransformer2DModel' }, /a diffusion transformer/],
    ['a text encoder', { architectures: ['CLIPTextModel'] }, /a text encoder alone/],
    ['a language model', { architectures: ['LlamaForCausalLM'] }, /a language model/],
  ])('%s, by its class', async (_, config, words) => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'config.json'), JSON.stringify(config));
    await writeFile(join(folder, 'diffusion_pytorch_model.safetensors'), fileOf(['weight']));
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(words),
      advice: expect.stringMatching(/^Use a /),
    });
  });

  it('a LoRA, by its file', async () => {
    const folder = await scratchFolder();
    await writeFile(join(folder, 'pytorch_lora_weights.safetensors'), fileOf([LORA]));
    await expect(openCheckpoint(folder)).rejects.toMatchObject({
      code: 'checkpoint-unsupported',
      message: expect.stringMatching(/a LoRA/),
    });
  });

  it("a model's own part says where the model is", async () => {
    const model = await scratchFolder();
    const part = join(model, 'vae');
    await mkdir(part);
    await writeFile(join(model, 'model_index.json'), '{}');
    await writeFile(join(part, 'config.json'), JSON.stringify({ _class_name: 'AutoencoderKL' }));
    await expect(openCheckpoint(part)).rejects.toMatchObject({
      code: 'checkpoint-missing',
      advice: `Name the model's folder: --model ${model}`,
    });
  });
});
