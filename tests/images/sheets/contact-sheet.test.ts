import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Picture, plainPicture, type Region } from '../../../companion/images/picture.ts';
import { drawContactSheet } from '../../../companion/images/sheets/contact-sheet.ts';
import { textPath, textWidth, wrapText } from '../../../companion/images/sheets/lettering.ts';
import { overlayMask } from '../../../companion/images/sheets/mask-overlay.ts';
import { pixelAt } from '../pictures.ts';

/** Pixels darker than ink on paper can be by chance. */
function inkIn(sheet: Picture, region: Region): number {
  let ink = 0;
  for (let y = region.top; y < region.top + region.height; y++) {
    for (let x = region.left; x < region.left + region.width; x++) {
      if (Math.max(...pixelAt(sheet, x, y)) < 140) ink++;
    }
  }
  return ink;
}

describe('drawContactSheet', () => {
  it('lays out title, labels, pictures and captions', async () => {
    const sheet = await drawContactSheet({
      title: 'Aurora',
      cellSize: 64,
      rows: [
        {
          label: 'Base',
          note: 'No concept',
          pictures: [plainPicture(16, 16, [255, 0, 0]), plainPicture(32, 16, [0, 0, 255])],
          captions: ['first', 'second'],
        },
        { label: 'Concept', pictures: [undefined, plainPicture(64, 64, [0, 160, 0])] },
      ],
    });
    // margin 48, label 176, gap 32, two cells of 64, gap 16, margin 48
    expect([sheet.width, sheet.channels]).toEqual([448, 3]);
    const rowTop = 48 + 42 + 24;
    expect(pixelAt(sheet, 256 + 32, rowTop + 32)).toEqual([255, 0, 0]);
    expect(pixelAt(sheet, 256 + 80 + 32, rowTop + 32)).toEqual([0, 0, 255]);
    // a wide picture is centred in its cell
    expect(pixelAt(sheet, 256 + 80 + 32, rowTop + 5)).toEqual([236, 236, 239]);
    expect(inkIn(sheet, { left: 48, top: 48, width: 176, height: 30 })).toBeGreaterThan(200);
    expect(inkIn(sheet, { left: 48, top: rowTop, width: 60, height: 20 })).toBeGreaterThan(50);
    expect(inkIn(sheet, { left: 256, top: rowTop + 70, width: 64, height: 20 })).toBeGreaterThan(20);
    expect(inkIn(sheet, { left: 0, top: 0, width: 448, height: 48 })).toBe(0);
  });

  it('draws the same text on a machine without fonts', async () => {
    const program = fileURLToPath(
      new URL('../../../companion/images/sheets/contact-sheet.ts', import.meta.url),
    );
    const script = `import(${JSON.stringify(program)}).then(async ({ drawContactSheet }) => {
      const { data } = await drawContactSheet({ title: 'Aurora', rows: [] });
      const { createHash } = await import('node:crypto');
      console.log(createHash('sha256').update(data).digest('hex'));
    })`;
    const run = (env: NodeJS.ProcessEnv) =>
      promisify(execFile)(process.execPath, ['--import', 'tsx', '-e', script], { env });
    const [here, bare] = await Promise.all([
      run(process.env),
      run({ ...process.env, FONTCONFIG_FILE: '/nowhere', FONTCONFIG_PATH: '/nowhere' }),
    ]);
    expect(here.stdout).toMatch(/^[0-9a-f]{64}\n$/);
    expect(bare.stdout).toBe(here.stdout);
  });
});

describe('lettering', () => {
  const style = { size: 20, weight: 400 } as const;

  it('wraps at words and shortens the last line', () => {
    const lines = wrapText('a product on a very long wooden table at sunset', 120, 2, style);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(/…$/);
    for (const line of lines) expect(textWidth(line, style)).toBeLessThanOrEqual(120);
    expect(wrapText('', 120, 2, style)).toEqual([]);
  });

  it('has outlines for several scripts, each its own', () => {
    const paths = ['n', 'ł', 'λ', 'ж'].map((character) => textPath(character, 0, 0, style));
    expect(new Set(paths).size).toBe(4);
    expect(textPath('日', 0, 0, style)).toBe(textPath('本', 0, 0, style)); // the box for what no font has
    expect(paths).not.toContain(textPath('日', 0, 0, style));
  });
});

describe('mask overlay', () => {
  const mask = { rows: 2, columns: 2, values: Float32Array.of(1, 0, 1, 0) };

  it('tints inside, dims outside and outlines the border', () => {
    const shown = overlayMask(plainPicture(100, 100, [100, 100, 100]), mask, [255, 0, 0]);
    expect(pixelAt(shown, 10, 50)).toEqual([147, 70, 70]);
    expect(pixelAt(shown, 90, 50)).toEqual([65, 65, 65]);
    expect(pixelAt(shown, 49, 50)).toEqual([255, 0, 0]);
  });
});
