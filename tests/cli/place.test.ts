import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { boxIn, lightDegrees, shadowOpacity, typedBox } from '../../companion/cli/product-options.ts';
import { runInside, temporaryFolder } from './binary.ts';

const CUT_OUT = fileURLToPath(new URL('../../examples/aurora/cutout-01.png', import.meta.url));
const SCENE = fileURLToPath(new URL('../../examples/aurora/scene-01.png', import.meta.url));

describe('options of a product', () => {
  it('are a box in shares or in pixels of a size that is given', () => {
    expect(boxIn(typedBox('0.25,0,.5,1'), undefined)).toEqual({ x: 0.25, y: 0, width: 0.5, height: 1 });
    const size = { width: 400, height: 200 };
    expect(boxIn(typedBox('100,0,200,200'), size)).toEqual({ x: 0.25, y: 0, width: 0.5, height: 1 });
    expect(() => boxIn(typedBox('100,0,200,200'), undefined)).toThrow(/size of the picture is not given/);
    expect(() => boxIn(typedBox('400,0,20,20'), size)).toThrow(/outside/);
    for (const wrong of ['1,2,3', 'a,b,c,d', '0,0,0,1', '0,0,1,1,1', '']) {
      expect(() => typedBox(wrong)).toThrow(/Expected/);
    }
  });

  it('are a shadow and the side of the light', () => {
    expect([shadowOpacity('off'), shadowOpacity('0.4')]).toEqual([0, 0.4]);
    expect([lightDegrees('left'), lightDegrees('right'), lightDegrees('-120')]).toEqual([-60, 60, -120]);
    for (const wrong of ['2', 'dark', '']) expect(() => shadowOpacity(wrong)).toThrow(/Expected/);
    for (const wrong of ['up', '270', '']) expect(() => lightDegrees(wrong)).toThrow(/Expected/);
  });
});

describe('place', () => {
  it('writes the picture and its layers, and counts pixels that changed', async () => {
    const out = join(await temporaryFolder(), 'out');
    const args = ['--scene', 'on a beach', '--count', '1', '--seed', '4', '--steps', '2', '--light', 'left'];
    const { exitCode, stdout } = await runInside([
      'place',
      CUT_OUT,
      ...args,
      '--layers',
      '--out',
      out,
      '--json',
    ]);
    expect(exitCode).toBe(0);
    const events = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    const made = events.find(({ type }) => type === 'picture');
    expect(made).toMatchObject({ product: { changedPixels: 0, lightDegrees: -60 } });
    expect(JSON.stringify(made).length).toBeLessThan(4000);
    expect(await readdir(out)).toHaveLength(4);
  });

  it('says what to do about a picture with its background, and a missing scene', async () => {
    const out = ['--out', join(await temporaryFolder(), 'out')];
    const opaque = await runInside(['place', SCENE, '--scene', 'on a beach', '--steps', '1', ...out]);
    expect(opaque.stderr).toContain('no transparent background');
    expect(opaque.stderr).toContain('cut-out');
    expect(opaque.exitCode).not.toBe(0);
    const missing = await runInside(['place', CUT_OUT]);
    expect(missing.stderr).toContain('--scene');
  });
});
