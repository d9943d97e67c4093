/** What is drawn on a terminal, as text. How it looks has been judged by eye. */

import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import prettyBytes from 'pretty-bytes';
import { describe, expect, it, vi } from 'vitest';
import {
  formatCount,
  formatPace,
  formatSeconds,
  formatSpeed,
  formatTable,
  wrapped,
} from '../../companion/cli/terminal/format.ts';
import { Output } from '../../companion/cli/terminal/output.ts';
import { halfBlocks, PreviewStrip, showsTrueColour } from '../../companion/cli/terminal/preview-strip.ts';
import { createProgress, progressLine } from '../../companion/cli/terminal/progress.ts';
import { picture, plainPicture } from '../../companion/images/picture.ts';

const plain = pc.createColors(false);
const half = { value: 75, total: 150, progress: 0.5 };
const parts = ['loss 0.123', '14 s left', '4.2 steps/s'];

describe('the progress line', () => {
  it('has phase, bar, percent, steps and details', () => {
    expect(progressLine('Teaching', half, parts, 100, plain)).toBe(
      '  Teaching   ━━━━━━━━━━──────────   50 %   75/150 · loss 0.123 · 14 s left · 4.2 steps/s',
    );
  });

  it('counts in the unit that it is given', () => {
    const bytes = { value: 1.05e9, total: 2.1e9, progress: 0.5, unit: prettyBytes };
    expect(progressLine('Fetching', bytes, ['1 min 40 s left', '10 MB/s'], 100, plain)).toBe(
      '  Fetching   ━━━━━━━──────   50 %  1.05 GB/2.1 GB · 1 min 40 s left · 10 MB/s',
    );
  });

  it.each([120, 80, 60, 40, 30])('fits into %i columns', (columns) => {
    expect(progressLine('Teaching', half, parts, columns, plain).length).toBeLessThan(columns);
  });

  it.each([20, 1])('gives everything but the numbers up in %i columns', (columns) => {
    expect(progressLine('Teaching', half, parts, columns, plain)).toBe('  Teaching      50 %   75/150');
  });

  it('is drawn where a terminal says that it is 0 wide', () => {
    const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), {
      ...{ isTTY: true as const, columns: 0, cursorTo: () => true, clearLine: () => true },
    });
    const progress = createProgress(
      new Output({ stdout: new PassThrough(), stderr }, false, { NO_COLOR: '1' }),
    );
    progress.begin('Teaching', 150, 75);
    progress.end();
    expect(stderr.read()).toContain('Teaching   ━━━━────   50 %   75/150');
  });

  it('says in a log how long it will take as soon as that is known, and then every tenth', () => {
    const stderr = new PassThrough({ encoding: 'utf8' });
    const progress = createProgress(new Output({ stdout: new PassThrough(), stderr }, false, {}));
    progress.begin('Sampling', 100);
    progress.update(1, ['']);
    for (let step = 2; step <= 11; step++) progress.update(step, [`${100 - step} s left`]);
    expect(stderr.read()).toBe('Sampling   2 %  2/100 · 98 s left\nSampling  10 %  10/100 · 90 s left\n');
  });

  it('gives details up before the bar', () => {
    expect(progressLine('Teaching', half, parts, 52, plain)).toBe(
      '  Teaching   ━━━━────   50 %   75/150 · loss 0.123',
    );
  });
});

describe('half blocks', () => {
  it('show two pixels a cell, the upper one as the letter and the lower one as its ground', async () => {
    const column = picture(1, 2, 3, new Uint8Array([255, 0, 0, 0, 0, 255]));
    expect(await halfBlocks(column, 1, 1)).toEqual(['\x1b[38;2;255;0;0;48;2;0;0;255m▀\x1b[0m']);
  });

  it('are for terminals that say so, and people who have not asked for no colour', () => {
    expect(showsTrueColour({ COLORTERM: 'truecolor' })).toBe(true);
    expect(showsTrueColour({ COLORTERM: '24bit' })).toBe(true);
    expect(showsTrueColour({ COLORTERM: 'truecolor', NO_COLOR: '1' })).toBe(false);
    expect(showsTrueColour({ TERM: 'xterm-256color' })).toBe(false);
  });
});

describe('the preview strip', () => {
  const red = plainPicture(4, 4, [255, 0, 0]);
  const terminal = (columns: number, rows: number) =>
    Object.assign(new PassThrough({ encoding: 'utf8' }), { columns, rows });

  it('returns to the row that it started from', async () => {
    const stream = terminal(80, 24);
    const strip = new PreviewStrip(stream, { count: 3, aspect: 1 });
    strip.open();
    stream.read();
    await strip.draw(1, red, true);
    const drawn = stream.read() as string;
    const rowsUp = Number(/\[(\d+)A/.exec(drawn)![1]);
    expect(drawn.match(/\[1B/g)).toHaveLength(rowsUp);
    expect(drawn.endsWith('\r')).toBe(true);
    strip.close();
  });

  it('draws pictures that are made side by side each as often as one alone, on the line that each has', async () => {
    const stream = terminal(44, 60);
    const strip = new PreviewStrip(stream, { count: 4, aspect: 1 });
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    const rowsUp = async (picture: number) => {
      await strip.draw(picture, red, false);
      return Number(/\[(\d+)A/.exec((stream.read() as string | null) ?? '[0A')![1]);
    };
    strip.open();
    stream.read();
    const [first, second] = [await rowsUp(0), await rowsUp(1)];
    expect([second, await rowsUp(1)]).toEqual([first, 0]);
    strip.open();
    stream.read();
    expect([await rowsUp(2), await rowsUp(3)]).toEqual([first, first]);
    clock.mockReturnValue(1000);
    expect(await rowsUp(0)).toBe(2 * first);
    clock.mockRestore();
    strip.close();
  });

  it('shares lines evenly: of six pictures where five fit, three stand in a line', () => {
    const strip = new PreviewStrip(terminal(104, 40), { count: 6, aspect: 1 });
    expect([0, 1, 2, 3, 4, 5].filter((picture) => strip.beginsLine(picture))).toEqual([0, 3]);
    strip.close();
  });

  it.each([
    ['too low a terminal', terminal(80, 6)],
    ['too narrow a terminal', terminal(16, 24)],
  ])('draws nothing on %s', async (_, stream) => {
    const strip = new PreviewStrip(stream, { count: 1, aspect: 1 });
    expect(strip.beginsLine(0)).toBe(false);
    await strip.draw(0, red, true);
    expect(stream.read()).toBe(null);
    strip.close();
  });

  it('draws no more once the terminal has changed its size', async () => {
    const stream = terminal(80, 24);
    const strip = new PreviewStrip(stream, { count: 1, aspect: 1 });
    stream.emit('resize');
    await strip.draw(0, red, true);
    expect(stream.read()).toBe(null);
    strip.close();
  });
});

describe('a table', () => {
  const rows = [
    ['@日本', '水筒', '/a'],
    ['@aurora', 'bottle', '/b\n'],
  ];

  it('has columns as wide as their widest cell, by what a terminal shows', () => {
    expect(formatTable(['NAME', 'CLASS', 'FILE'], rows, plain)).toBe(
      ['NAME     CLASS   FILE', '@日本    水筒    /a', '@aurora  bottle  /b\\n'].join('\n'),
    );
  });

  it('is aligned by the text, not by its colours', () => {
    const coloured = formatTable(['NAME', 'CLASS', 'FILE'], rows, pc.createColors(true));
    expect(stripVTControlCharacters(coloured)).toBe(formatTable(['NAME', 'CLASS', 'FILE'], rows, plain));
    expect(coloured.split('\n')[2]).toBe('\x1b[1m@aurora\x1b[22m  bottle  /b\\n');
  });
});

describe('quantities', () => {
  it.each([
    [
      wrapped('Install the driver, or use --device auto.', 20).join('|'),
      'Install the driver,|or use --device|auto.',
    ],
    [wrapped('one line', Number.POSITIVE_INFINITY).join('|'), 'one line'],
    [formatSeconds(0.84), '0.8 s'],
    [formatSeconds(59.6), '1 min 00 s'],
    [formatSeconds(125), '2 min 05 s'],
    [formatSeconds(4_330), '1 h 12 min'],
    [formatSeconds(Number.POSITIVE_INFINITY), ''],
    [formatPace(24), '24 steps/s'],
    [formatPace(4.21), '4.2 steps/s'],
    [formatPace(0.25), '4.0 s/step'],
    [formatPace(0), ''],
    [formatSpeed(12_400_000), '12.4 MB/s'],
    [formatSpeed(0), ''],
    [formatCount(860_000_000), '860 M'],
    [formatCount(1_040_000), '1.0 M'],
    [formatCount(48_200), '48 k'],
  ])('%s', (formatted, expected) => {
    expect(formatted).toBe(expected);
  });
});
