import { execFile } from 'node:child_process';
import { rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { readLora } from '../../companion/concepts/lora-file.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { type RawTensor, writeRawSafetensors } from '../tensor/tensor-files.ts';

/** Two blocks, of rank 2 and 4, whose factors differ. */
const BLOCKS = { 'down_blocks.0.attentions.1': 2, 'mid_block.attentions.0': 4 } as const;
const CHANNELS = 8;

type Part = 'down' | 'up';

function factor(part: Part, rank: number, shape: readonly number[]): RawTensor {
  const values = Float32Array.from(
    { length: rank * CHANNELS },
    (_, i) => (i + 1) * (part === 'down' ? 0.5 : -0.25),
  );
  return { dtype: 'F32', shape, bytes: new Uint8Array(values.buffer) };
}

/** The file of a spelling; `name` gives the tensor's from the block's path. */
function tensorsOf(name: (path: string, part: Part) => string, isFlat = false): Record<string, RawTensor> {
  const tensors: Record<string, RawTensor> = {};
  for (const [path, rank] of Object.entries(BLOCKS)) {
    const kernel = isFlat ? [] : [1, 1];
    tensors[name(path, 'down')] = factor('down', rank, [rank, CHANNELS, ...kernel]);
    tensors[name(path, 'up')] = factor('up', rank, [CHANNELS, rank, ...kernel]);
  }
  return tensors;
}

const ab = (part: Part) => (part === 'down' ? 'lora_A' : 'lora_B');
const kohya = (path: string) => `lora_unet_${path.replaceAll('.', '_')}_proj_out`;
/** The original code's name, at two residual blocks a level. */
const original = (path: string) =>
  path === 'mid_block.attentions.0' ? 'middle_block.1' : 'input_blocks.2.1';

const PLAIN = tensorsOf((path, part) => `${kohya(path)}.lora_${part}.weight`);

async function fileOf(
  tensors: Readonly<Record<string, RawTensor>>,
  metadata: Readonly<Record<string, string>> = {},
  name = 'lora.safetensors',
): Promise<string> {
  const path = join(await scratchFolder(), name);
  await writeRawSafetensors(path, tensors, metadata);
  return path;
}

async function scalesOf(path: string): Promise<number[]> {
  return [...(await readLora(path)).factors.values()].map(({ scale }) => scale);
}

async function refusalOf(tensors: Readonly<Record<string, RawTensor>>): Promise<string> {
  const error = await readLora(await fileOf(tensors)).catch((cause: unknown) => cause);
  expect(error).toMatchObject({ code: 'concept-format' });
  const { message, advice } = error as { message: string; advice?: string };
  return `${message} | ${advice}`;
}

describe('factors are the same', () => {
  it.each<[spelling: string, name: (path: string, part: Part) => string]>([
    ['of diffusers', (path, part) => `unet.${path}.proj_out.${ab(part)}.weight`],
    ['of older diffusers', (path, part) => `unet.${path}.proj_out.lora.${part}.weight`],
    ['of linear layers there', (path, part) => `unet.${path}.proj_out.lora_linear_layer.${part}.weight`],
    ['of peft', (path, part) => `base_model.model.${path}.proj_out.${ab(part)}.weight`],
    ['of peft inside diffusers', (path, part) => `unet.base_model.model.${path}.proj_out.${ab(part)}.weight`],
    ['of a named adapter', (path, part) => `unet.${path}.proj_out.${ab(part)}.default_0.weight`],
    [
      'of the default adapter',
      (path, part) => `base_model.model.${path}.proj_out.${ab(part)}.default.weight`,
    ],
    ['without a prefix', (path, part) => `${path}.proj_out.${ab(part)}.weight`],
    ['without a prefix, down and up', (path, part) => `${path}.proj_out.lora_${part}.weight`],
    ['of a compiled model', (path, part) => `unet._orig_mod.${path}.proj_out.${ab(part)}.weight`],
    ['of several devices', (path, part) => `module.unet.${path}.proj_out.${ab(part)}.weight`],
    ['of ComfyUI', (path, part) => `diffusion_model.${original(path)}.proj_out.lora_${part}.weight`],
    [
      'of a single file',
      (path, part) => `model.diffusion_model.${original(path)}.proj_out.${ab(part)}.weight`,
    ],
    ['of LyCORIS', (path, part) => `lycoris_${path.replaceAll('.', '_')}_proj_out.lora_${part}.weight`],
    [
      'of the original code under kohya',
      (path, part) => `lora_unet_${original(path).replaceAll('.', '_')}_proj_out.lora_${part}.weight`,
    ],
  ])('under the names %s', async (_spelling, name) => {
    const { factors } = await readLora(await fileOf(tensorsOf(name)));
    expect(factors).toEqual((await readLora(await fileOf(PLAIN))).factors);
  });

  it('in two dimensions, of a linear layer, and in four', async () => {
    const flat = tensorsOf((path, part) => `${kohya(path)}.lora_${part}.weight`, true);
    expect((await readLora(await fileOf(flat))).factors).toEqual(
      (await readLora(await fileOf(PLAIN))).factors,
    );
  });

  it('with a pair beside them that changes nothing', async () => {
    const other = 'lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k';
    const zero = {
      [`${other}.lora_down.weight`]: raw('F32', [1, 768], new Float32Array(768)),
      [`${other}.lora_up.weight`]: raw('F32', [8, 1], new Float32Array(8)),
      [`${other}.alpha`]: raw('F32', [], Float32Array.of(1)),
    };
    const { factors } = await readLora(await fileOf({ ...PLAIN, ...zero }));
    expect(factors).toEqual((await readLora(await fileOf(PLAIN))).factors);
    const learned = (part: 'down' | 'up') =>
      raw('F32', part === 'down' ? [1, 768] : [8, 1], new Float32Array(part === 'down' ? 768 : 8).fill(1));
    const changing = {
      [`${other}.lora_down.weight`]: learned('down'),
      [`${other}.lora_up.weight`]: learned('up'),
    };
    expect(await refusalOf({ ...PLAIN, ...changing })).toContain('attn2_to_k');
    expect(await refusalOf(zero)).toContain('no low-rank residuals');
  });

  it('where a small model has one block a level', async () => {
    // Under two a level, input block 3 halves the resolution.
    const name = (path: string, part: Part) =>
      `lora_unet_${path === 'mid_block.attentions.0' ? 'middle_block' : 'input_blocks_3'}_1_proj_out.lora_${part}.weight`;
    const { factors } = await readLora(await fileOf(tensorsOf(name)));
    expect([...factors.keys()].sort()).toEqual(['down_blocks.1.attentions.0', 'mid_block.attentions.0']);
  });
});

function raw(dtype: string, shape: readonly number[], values: ArrayBufferView<ArrayBuffer>): RawTensor {
  return { dtype, shape, bytes: new Uint8Array(values.buffer) };
}

describe('the scale', () => {
  it.each<[type: string, alpha: RawTensor]>([
    ['float32', raw('F32', [], Float32Array.of(2))],
    ['float64, of one element', raw('F64', [1], Float64Array.of(2))],
    ['half', raw('F16', [], Uint16Array.of(0x4000))],
    ['bfloat16', raw('BF16', [1, 1], Uint16Array.of(0x4000))],
    ['int64', raw('I64', [], BigInt64Array.of(2n))],
    ['int32', raw('I32', [1], Int32Array.of(2))],
    ['int16', raw('I16', [], Int16Array.of(2))],
    ['uint8', raw('U8', [], Uint8Array.of(2))],
  ])('is alpha / rank with an alpha in %s', async (_type, alpha) => {
    const alphas = Object.fromEntries(Object.keys(BLOCKS).map((path) => [`${kohya(path)}.alpha`, alpha]));
    expect((await scalesOf(await fileOf({ ...PLAIN, ...alphas }))).sort()).toEqual([0.5, 1]);
  });

  it('is read beside factors under any names, and is 1 for the blocks that have none', async () => {
    const peft = tensorsOf((path, part) => `unet.${path}.proj_out.${ab(part)}.weight`);
    const alpha = { 'unet.mid_block.attentions.0.proj_out.alpha': raw('I64', [], BigInt64Array.of(2n)) };
    expect((await scalesOf(await fileOf({ ...peft, ...alpha }))).sort()).toEqual([0.5, 1]);
  });

  it("is read from peft's own settings beside its file", async () => {
    const peft = tensorsOf((path, part) => `base_model.model.${path}.proj_out.${ab(part)}.weight`);
    const path = await fileOf(peft, {}, 'adapter_model.safetensors');
    expect(await scalesOf(path)).toEqual([1, 1]);
    await writeFile(join(path, '..', 'adapter_config.json'), JSON.stringify({ r: 4, lora_alpha: 8 }));
    expect((await scalesOf(path)).sort()).toEqual([2, 4]);
    // As in the cache of a model hub: the name is a link's, and the file lies elsewhere.
    const blobs = await scratchFolder();
    await rename(path, join(blobs, 'blob'));
    await symlink(join(blobs, 'blob'), path);
    expect((await scalesOf(path)).sort()).toEqual([2, 4]);
  });

  it("is read from peft's settings as Windows and Python write them", async () => {
    const peft = tensorsOf((path, part) => `base_model.model.${path}.proj_out.${ab(part)}.weight`);
    const path = await fileOf(peft, {}, 'adapter_model.safetensors');
    const text = '{ "lora_alpha": 8, "lora_dropout": NaN }';
    for (const bytes of [`\ufeff${text}`, Buffer.from(`\ufeff${text}`, 'utf16le')]) {
      await writeFile(join(path, '..', 'adapter_config.json'), bytes);
      expect((await scalesOf(path)).sort()).toEqual([2, 4]);
    }
  });

  it.skipIf(process.platform === 'win32')("is not guessed where peft's settings cannot be read", async () => {
    const peft = tensorsOf((path, part) => `base_model.model.${path}.proj_out.${ab(part)}.weight`);
    const path = await fileOf(peft, {}, 'adapter_model.safetensors');
    const settings = join(path, '..', 'adapter_config.json');
    // A pipe, which keeps whoever opens it waiting, and a link to itself.
    await promisify(execFile)('mkfifo', [settings]);
    await expect(readLora(path)).rejects.toMatchObject({ code: 'concept-format' });
    await rm(settings);
    await symlink(settings, settings);
    await expect(readLora(path)).rejects.toMatchObject({ code: 'concept-format' });
  });

  it('is refused as several numbers, or none', async () => {
    const with_ = (alpha: RawTensor) =>
      refusalOf({ ...PLAIN, [`${kohya('mid_block.attentions.0')}.alpha`]: alpha });
    expect(await with_(raw('F32', [2], Float32Array.of(1, 2)))).toContain('expected one number');
    expect(await with_(raw('F32', [], Float32Array.of(NaN)))).toContain('NaN');
    expect(await with_(raw('BOOL', [], Uint8Array.of(1)))).toContain('expected a number');
  });
});

describe('adapters of other kinds are refused as what they are', () => {
  const vector = raw('F32', [CHANNELS], new Float32Array(CHANNELS).fill(1));
  it.each([
    [`${kohya('mid_block.attentions.0')}.dora_scale`, 'DoRA'],
    ['base_model.model.mid_block.attentions.0.proj_out.lora_magnitude_vector', 'DoRA'],
    ['unet.mid_block.attentions.0.proj_out.lora_magnitude_vector.default.weight', 'DoRA'],
    [`${kohya('mid_block.attentions.0')}.hada_w1_a`, 'LoHa'],
    [`${kohya('mid_block.attentions.0')}.lokr_w1`, 'LoKr'],
    [`${kohya('mid_block.attentions.0')}.lora_mid.weight`, 'Tucker'],
    [`${kohya('mid_block.attentions.0')}.oft_blocks`, 'OFT'],
    [`${kohya('mid_block.attentions.0')}.diff`, 'whole weights'],
    [`${kohya('mid_block.attentions.0')}.diff_b`, 'bias'],
    ['unet.mid_block.attentions.0.proj_out.bias', 'bias'],
    ['base_model.model.mid_block.attentions.0.proj_out.lora_B.bias', 'bias'],
    ['unet.mid_block.attentions.0.proj_out.base_layer.weight', 'whole weights'],
  ])('%s', async (name, kind) => {
    expect(await refusalOf({ ...PLAIN, [name]: vector })).toContain(kind);
    expect(await refusalOf({ [name]: vector })).toContain(kind);
  });

  it.each([
    ['transformer.single_transformer_blocks.0.attn.to_q', 'F'],
    ['lora_unet_double_blocks_0_img_attn_qkv', 'Flux'],
  ])('a pair of another kind of model: %s', async (layer, kind) => {
    const message = await refusalOf({
      [`${layer}.lora_A.weight`]: factor('down', 2, [2, CHANNELS]),
      [`${layer}.lora_B.weight`]: factor('up', 2, [CHANNELS, 2]),
    });
    expect(message).toContain(`a LoRA for ${kind}`);
  });

  it.each([
    'lora_unet_mid_block_attentions_0_proj_in',
    'lora_te_text_model_encoder_layers_0_mlp_fc1',
    'unet.mid_block.attentions.0.transformer_blocks.0.attn1.to_q',
    'controlnet.mid_block.attentions.0.proj_out',
    'text_encoder.mid_block.attentions.0.proj_out',
    `lora_unet_mid_block_attentions_${'0'.repeat(200)}_proj_out`,
    'constructor',
  ])('a pair on another layer: %s', async (layer) => {
    const message = await refusalOf({
      ...PLAIN,
      [`${layer}.lora_down.weight`]: factor('down', 2, [2, CHANNELS]),
      [`${layer}.lora_up.weight`]: factor('up', 2, [CHANNELS, 2]),
    });
    expect(message).toContain('is no residual on an output projection');
    // Most such files are styles.
    expect(message).toContain('models add-lora FILE --name NAME --model MODEL');
    expect(message).toContain(layer.slice(0, 20));
  });
});
