import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPngText } from '../../companion/images/records/png-text-reader.ts';
import { openCheckpoint } from '../../companion/models/families/formats.ts';
import { kohyaName, styleLayers, styleTensors } from '../lora/style-file.ts';
import { type RawTensor, writeRawSafetensors } from '../tensor/tensor-files.ts';
import { type Ended, runInside, temporaryFolder } from './binary.ts';
import { NEEDS_MODEL, SMALL_MODEL } from './small-model.ts';

describe.skipIf(SMALL_MODEL === undefined)(`LoRAs (${NEEDS_MODEL})`, () => {
  const engine = ['--model', SMALL_MODEL!, '--device', 'cpu', '--threads', '1'];

  async function style(home: string, name: string, more: Record<string, RawTensor> = {}): Promise<string> {
    const layers = styleLayers(await openCheckpoint(SMALL_MODEL!), (module) => /attn2|fc1/.test(module));
    const path = join(home, name);
    const metadata = { 'modelspec.architecture': 'stable-diffusion-v1/lora' };
    await writeRawSafetensors(path, { ...styleTensors(layers, { name: kohyaName }), ...more }, metadata);
    return path;
  }

  const stranger = { dtype: 'F32', shape: [1, 4], bytes: new Uint8Array(16) };
  const strangers = {
    'lora_unet_nowhere.lora_down.weight': stranger,
    'lora_unet_nowhere.lora_up.weight': { ...stranger, shape: [4, 1] },
  };

  function generate(home: string, ...flags: readonly string[]): Promise<Ended> {
    const shot = ['a toy', '--count', '1', '--steps', '2', '--seed', '7', '--out', 'shots', '--no-preview'];
    return runInside(['generate', ...shot, ...engine, ...flags], { home });
  }

  const textOf = (png: Uint8Array, keyword: string) =>
    readPngText(png).find((one) => one.keyword === keyword)!.text;

  const shotsOf = (home: string) =>
    readdirSync(join(home, 'shots'))
      .sort()
      .map((name) => readFileSync(join(home, 'shots', name)));

  it('merge by file and by name into one picture, and at 0 leave it as it is', async () => {
    const home = temporaryFolder();
    const file = await style(home, 'brand.safetensors', strangers);
    const added = await runInside(
      ['models', 'add-lora', file, '--name', 'brand', '--weight', '0.8', '--model', SMALL_MODEL!],
      { home },
    );
    expect(added.stderr).toMatch(
      /2 tensors of .* have no place in the model and are left out: lora_unet_nowhere/,
    );
    expect(added.stderr).toMatch(/✓ brand: .* for stable-diffusion-v1, usual weight 0.8/);
    const listed = await runInside(['models', 'list'], { home });
    expect(listed.stdout).toMatch(/brand +style +stable-diffusion-v1 +0.8/);

    await generate(home);
    await generate(home, '--lora', 'brand:0');
    const byFile = await generate(home, '--lora', `${file}:0.8`);
    expect(byFile.stderr).toMatch(/With brand at 0.8, on \d+ layers/);
    expect(byFile.stderr).toMatch(/2 tensors of brand have no place/);
    const byName = await generate(home, '--lora', 'brand');
    expect(byName.exitCode).toBe(0);
    // Names by which they sort: a-toy-7, -2, -3, -4.
    const [second, third, fourth, plain] = shotsOf(home);
    expect(second).toEqual(plain);
    expect(third).not.toEqual(plain);
    expect(fourth).toEqual(third);
    const record = JSON.parse(textOf(third!, 'likeness')) as { loras: unknown };
    expect(record.loras).toEqual([
      { name: 'brand', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) as string, weight: 0.8 },
    ]);
    expect(textOf(third!, 'parameters')).toMatch(/Lora hashes: "?brand: [0-9a-f]{12}/);

    const removed = await runInside(['models', 'remove', 'brand', '--yes'], { home });
    expect(removed.stderr).toContain('Removed brand');
    expect(readdirSync(join(home, 'data', 'loras'))).toEqual([]);
    const gone = await generate(home, '--lora', 'brand');
    expect(gone.stderr).toMatch(/no LoRA is named brand; there are none/);
  });

  it('bring their settings by their maker’s name, say so, and refuse guidance that they do not take', async () => {
    const home = temporaryFolder();
    const file = await style(home, 'sdxl_lightning_4step_lora.safetensors');
    const added = await runInside(['models', 'add-lora', file, '--name', 'fast'], { home });
    expect(added.stderr).toContain(
      "It is lightning-4, by its maker's name for it, and brings 4 steps, guidance 1, euler (trailing).",
    );
    const made = await runInside(
      ['generate', 'a toy', '--count', '1', '--out', 'shots', '--lora', 'fast', '--json', ...engine],
      { home },
    );
    expect(made.events.find(({ type }) => type === 'lora')).toMatchObject({
      name: 'fast',
      settings: '4 steps, guidance 1, euler (trailing)',
    });
    expect(made.events.filter(({ type }) => type === 'step')).toHaveLength(4);
    const refused = await generate(home, '--lora', 'fast', '--guidance', '7');
    expect(refused.stderr).toContain(
      'guidance 7 with fast: it was distilled with guidance in it, expected at most 1',
    );
    expect(refused.exitCode).not.toBe(0);
    const styled = await runInside(
      ['models', 'add-lora', file, '--name', 'slow', '--kind', 'style', '--json'],
      { home },
    );
    expect(styled.events.at(-1)).toMatchObject({ type: 'added-lora', name: 'slow' });
    expect(styled.events.at(-1)).not.toHaveProperty('brings');
  });

  it('are refused where they are none, by name, and before anything is computed', async () => {
    const home = temporaryFolder();
    const missing = await generate(home, '--lora', 'nowhere.safetensors:0.5');
    expect(missing.stderr).toMatch(/nowhere.safetensors is not there/);
    writeFileSync(join(home, 'page.safetensors'), '<!doctype html><title>Log in</title>');
    expect((await generate(home, '--lora', 'page.safetensors')).stderr).toMatch(/is a web page/);
    const file = await style(home, 'brand.safetensors');
    expect((await generate(home, '--lora', `${file}:9`)).stderr).toMatch(/weight of 9, expected -4 to 4/);
    const added = await runInside(['models', 'add-lora', file, '--name', 'brand'], { home });
    expect(added.exitCode).toBe(0);
    const again = await runInside(['models', 'add-lora', file, '--name', 'Brand'], { home });
    expect(again.stderr).toMatch(/a LoRA is named Brand already/);
  });
});
