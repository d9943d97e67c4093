import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { memorySize } from '../../companion/cli/options.ts';
import { cardMemory, deviceMemory } from '../../companion/runtime/device-memory.ts';

const MIB = 2 ** 20;
const GIB = 2 ** 30;

let folder: string | undefined;
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

/** From here on the driver's program is this shell script, and no other is found. */
function driver(script: string | undefined): void {
  folder = mkdtempSync(join(tmpdir(), 'likeness-driver-'));
  if (script !== undefined) {
    const program = join(folder, 'nvidia-smi');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
  }
  vi.stubEnv('PATH', folder);
  vi.stubEnv('CUDA_VISIBLE_DEVICES', undefined);
}

describe.skipIf(process.platform === 'win32' || process.platform === 'darwin')('the driver of a card', () => {
  it('says what the card has, asked for that alone', () => {
    driver('[ "$1" = --query-gpu=memory.total,memory.free ] && echo "24564, 20000"');
    const memory = { freeBytes: 20000 * MIB, mostBytes: 24564 * MIB };
    for (const device of ['cuda', 'webgpu', 'dml'] as const) expect(deviceMemory({ device })).toEqual(memory);
    expect(deviceMemory({ device: 'cuda', deviceMemoryBytes: 8 * GIB })).toEqual({
      freeBytes: 8 * GIB,
      mostBytes: 8 * GIB,
    });
    expect(deviceMemory({ device: 'cuda', deviceMemoryBytes: 64 * GIB })).toEqual(memory);
  });

  it.each([
    ['is not there', undefined],
    ['fails', 'echo "24564, 20000"; exit 9'],
    ['floods', 'while :; do echo "24564, 20000"; done'],
    ['says that it does not know', 'echo "[N/A], [N/A]"'],
  ])('that %s leaves the plan to the limit that is given', (_what, script) => {
    driver(script);
    expect(deviceMemory({ device: 'cuda' })).toBeUndefined();
    const limit = { device: 'cuda', deviceMemoryBytes: 6 * GIB } as const;
    expect(deviceMemory(limit)).toEqual({ freeBytes: 6 * GIB, mostBytes: 6 * GIB });
  });

  it('is not asked for the processor', () => {
    driver('echo "24564, 20000"');
    vi.spyOn(process, 'availableMemory').mockReturnValue(3e9);
    vi.spyOn(process, 'constrainedMemory').mockReturnValue(Number.MAX_SAFE_INTEGER);
    expect(deviceMemory({ device: 'cpu', deviceMemoryBytes: GIB })).toEqual({
      freeBytes: 3e9,
      mostBytes: 3e9,
    });
  });
});

it('of several cards counts the one that CUDA computes on', () => {
  const answer = '8192, 8000\r\n24564, 20000\r\n';
  const total = (visible?: string) => cardMemory(answer, visible)?.mostBytes;
  expect([undefined, '', '0', '1', '1,0'].map(total)).toEqual(
    [8192, 8192, 8192, 24564, 24564].map((mib) => mib * MIB),
  );
  for (const none of ['2', '-1', 'GPU-5ebe9f43', '1e9', 'NoDevFiles'])
    expect(total(none), none).toBeUndefined();
});

it.each([
  '',
  '24564',
  '24564, ',
  '-1, 5',
  '0, 0',
  '100, 200',
  '1e9, 1',
  '24564, 20000, 1',
  '９９, 1',
  `${'9'.repeat(40)}, 1`,
])('takes no number from %j', (answer) => expect(cardMemory(answer, undefined)).toBeUndefined());

it('a limit is a size with its unit', () => {
  expect(['8GB', '8', '8 GiB', '512MB', '1.5gb'].map(memorySize)).toEqual(
    [8, 8, 8, 0.5, 1.5].map((size) => size * GIB),
  );
  for (const wrong of ['', '0', '8TB', '-8GB', '8GB8', '1e3', 'all', '99999GB', '8 G B'])
    expect(() => memorySize(wrong), wrong).toThrow('Expected a size such as 8GB or 512MB');
});
