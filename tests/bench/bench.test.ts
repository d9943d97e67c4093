import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import type { Section, Target } from '../../bench/subject.ts';
import { GOLDEN, NO_GOLDEN } from '../checkpoint/golden-folder.ts';

const MAIN = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));

test.skipIf(NO_GOLDEN)(
  'a quick run measures a model, prints its figures as JSON and writes the same',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'likeness-bench-test-'));
    const out = join(folder, 'figures.json');
    const only = ['graphs', 'training', 'localization', 'memory'];
    const model = join(GOLDEN, 'nano/pipeline');
    const { stdout } = await promisify(execFile)(process.execPath, [
      ...['--import', 'tsx', MAIN, '--quick', '--json', '--out', out, '--model', model, '--only', ...only],
    ]);
    expect(await readFile(out, 'utf8')).toBe(stdout);
    await rm(folder, { recursive: true });

    const { sections, targets } = JSON.parse(stdout) as { sections: Section[]; targets: Target[] };
    const figure = (title: string, row: string, name: string) =>
      sections
        .find((section) => section.title.includes(title))
        ?.rows.find((candidate) => candidate.case.includes(row))?.figures[name];
    expect(figure('graphs', 'UNet forward', 'fastest_ms')).toBeGreaterThan(0);
    expect(figure('training step', 'batch 4', 'ratio')).toBeGreaterThan(1);
    expect(figure('denoising step', 'residuals everywhere', 'per_plain')).toBe(1);
    if (process.platform === 'linux') {
      expect(figure('resident memory', 'training step', 'run_peak_gb')).toBeGreaterThan(0.05);
    }
    expect(targets.map(({ limit, direction }) => `${direction} ${limit}`)).toEqual([
      'at most 2.2',
      'at most 1.03',
      'at most 1.03',
      'at most 1.03',
    ]);
  },
);
