import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { regionsOf, typedRegion } from '../../companion/cli/painting-options.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import { encodePng } from '../../companion/images/encode.ts';
import { picture, plainPicture } from '../../companion/images/picture.ts';
import { USER_MODES, writeFileAtomically } from '../../companion/storage/atomic-file.ts';
import { runInside } from './binary.ts';

describe('a region', () => {
  it('is read in shares or in pixels, with feather and strength', () => {
    const [shares, pixels] = typedRegion(
      '@Summit=64,0,64,128,strength=0.5',
      typedRegion('aurora=0.25,0,.5,1,feather=16', []),
    );
    const regions = regionsOf([shares!, pixels!], { width: 256, height: 128 });
    expect(regions).toEqual([
      { concept: 'aurora', x: 0.25, y: 0, width: 0.5, height: 1, feather: 0.125 },
      { concept: 'summit', x: 0.25, y: 0, width: 0.25, height: 1, strength: 0.5 },
    ]);
  });

  it.each(['aurora', 'aurora=1,2,3', 'aurora=0,0,0,1', 'aurora=a,b,c,d', '=0,0,1,1', 'aurora=-1,0,1,1'])(
    '%s is refused',
    (text) => {
      expect(() => typedRegion(text, [])).toThrow(/Expected/);
    },
  );

  it('is refused outside of the picture', () => {
    expect(() => regionsOf(typedRegion('aurora=100,0,64,64', []), { width: 128, height: 128 })).toThrow(
      /leaves the picture of 128 x 128/,
    );
  });
});

describe('generate', () => {
  let folder: string;
  const file = (name: string) => join(folder, name);
  const ROOT = fileURLToPath(new URL('../..', import.meta.url));
  const model = join(ROOT, 'models', 'likeness-base-128');

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'likeness-painting-options-'));
    const data = Uint8Array.from({ length: 96 * 64 * 3 }, (_, index) => (index * 37) % 251);
    const mask = new Uint8Array(data.length);
    for (let row = 20; row < 40; row++) mask.fill(255, (row * 96 + 30) * 3, (row * 96 + 60) * 3);
    const write = async (name: string, made: ReturnType<typeof picture>) =>
      writeFileAtomically(file(name), await encodePng(made), USER_MODES);
    await write('init.png', picture(96, 64, 3, data));
    await write('mask.png', picture(96, 64, 3, mask));
    await write('small.png', plainPicture(40, 40, [255, 255, 255]));
    await write('black.png', plainPicture(96, 64, [0, 0, 0]));
    await write('white.png', plainPicture(96, 64, [255, 255, 255]));
    await writeFileAtomically(file('text.png'), Buffer.from('no picture'), USER_MODES);
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  const run = (...args: readonly string[]) =>
    runInside(
      [
        'generate',
        'a red mug on a table',
        '--model',
        model,
        '--out',
        file('out'),
        '--steps',
        '2',
        '--count',
        '1',
        '--seed',
        '3',
        ...args,
      ],
      { home: folder },
    );

  it.each<[string, readonly string[], RegExp]>([
    ['a mask without a picture', ['--mask', 'mask.png'], /there is none[\s\S]*--init/],
    [
      'a mask of another size',
      ['--init', 'init.png', '--mask', 'small.png'],
      /40 x 40 pixels, expected 96 x 64/,
    ],
    ['a black mask', ['--init', 'init.png', '--mask', 'black.png'], /paints nothing[\s\S]*White/],
    ['a white mask', ['--init', 'init.png', '--mask', 'white.png'], /keeps nothing/],
    ['a text as a picture', ['--init', 'text.png'], /expected a PNG, JPEG or WebP/],
    ['a strength above 1', ['--init', 'init.png', '--strength', '1.5'], /with --init it is 0 to 1/],
    ['a strength without steps', ['--init', 'init.png', '--strength', '0.1'], /no step to take/],
    ['a feather without a mask', ['--init', 'init.png', '--feather', '3'], /there is none/],
    ['a mode that is none', ['--mask', 'adaptve'], /Expected adaptive, median, full, off, or a picture/],
    ['a region of a stranger', ['--region', 'aurora=0,0,1,1'], /no such mention/],
  ])('refuses %s', async (_what, args, message) => {
    const { stderr, exitCode } = await run(...args.map((one) => (one.endsWith('.png') ? file(one) : one)));
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(message);
  });

  it('keeps every byte outside of mask and feather', async () => {
    const { exitCode, stderr } = await run(
      '--init',
      file('init.png'),
      '--mask',
      file('mask.png'),
      '--feather',
      '4',
    );
    expect(exitCode, stderr).toBe(0);
    const [name] = (await readdir(file('out'))).filter((one) => one.endsWith('.png'));
    const [made, original] = [
      await decodePicture(join(file('out'), name!)),
      await decodePicture(file('init.png')),
    ];
    let changed = 0;
    for (const [index, value] of made.data.entries()) {
      const [x, y] = [Math.floor(index / 3) % 96, Math.floor(index / 3 / 96)];
      const away = Math.hypot(Math.max(30 - x, x - 59, 0), Math.max(20 - y, y - 39, 0));
      if (away > 4) expect(value).toBe(original.data[index]);
      else if (value !== original.data[index]) changed++;
    }
    expect(changed).toBeGreaterThan(600);
  });
});
