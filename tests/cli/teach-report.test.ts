/** What is told of a teaching that has ended. */

import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { Output } from '../../companion/cli/terminal/output.ts';
import { TeachReport } from '../../companion/cli/terminal/teach-report.ts';
import { PROGRAM } from '../../shared/errors.ts';
import type { Likeness } from '../../shared/likeness.ts';

const good = { lossRatio: 0.58, colourOverlap: 0.81, detailRatio: 0.51, maskShare: 0.36, maskPieces: 1 };
const poor = { ...good, detailRatio: 0.21 };

function reported(likeness: Likeness | undefined, isDemonstration: boolean): string[] {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const output = new Output({ stdout: new PassThrough(), stderr }, false, {});
  const report = new TeachReport(output, undefined, isDemonstration);
  report.show({
    type: 'taught',
    ...{ name: 'duck', identifier: 'zqx', classWord: 'toy', file: 'duck.safetensors', sizeBytes: 410_000 },
    ...{ seconds: 92, finalLoss: 0.301, ...(likeness && { likeness }) },
  });
  report.close();
  return (stderr.read() as string).trim().split('\n');
}

it('calls it taught where a sample looks like the frames, and where nobody measured', () => {
  for (const likeness of [good, undefined]) {
    expect(reported(likeness, true)).toEqual([
      expect.stringMatching(/^✓ Taught @duck \(zqx toy\): .*loss 0\.301, 410 kB$/),
      '  duck.safetensors',
      `  Next: ${PROGRAM} generate "@duck on a beach"`,
    ]);
  }
});

it('says what removes a background, where a picture has one', () => {
  const told = (code: 'own-background' | 'blurred') => {
    const stderr = new PassThrough({ encoding: 'utf8' });
    const report = new TeachReport(
      new Output({ stdout: new PassThrough(), stderr }, false, {}),
      undefined,
      false,
    );
    const findings = [{ code, severity: 'hint', advice: 'Remove the background.' } as const];
    report.show({ type: 'frame', file: 'front.png', index: 0, total: 1, findings });
    report.close();
    return stderr.read() as string;
  };
  expect(told('own-background')).toMatch(/--cut-out .*models pull matting/);
  expect(told('blurred')).not.toContain('--cut-out');
});

it('says so where no picture looks like the frames, and what to do', () => {
  const said = reported(poor, true);
  expect(said[0]).toMatch(/^! Taught @duck .* But no picture yet looks like your frames\.$/);
  expect(said.join('\n')).not.toContain('✓');
  expect(said.join('\n')).toContain('Cut the product out of its background');
  expect(said.join('\n')).toContain(`${PROGRAM} models pull`);
});

it('offers no other model where the model is a full-size one', () => {
  expect(reported(poor, false).join('\n')).not.toContain('models pull');
});
