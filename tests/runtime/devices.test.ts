import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { availableDevices, chooseDevice, precisionsHere } from '../../companion/runtime/device-choice.ts';
import { recallTrial, recordTrial, tryDevice } from '../../companion/runtime/device-trial.ts';
import { selfTest } from '../../companion/runtime/self-test.ts';

const TIMEOUT_MS = 60_000;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-devices-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe('the self-test', () => {
  it('passes on the CPU, here and in a process of its own', async () => {
    expect(await selfTest('cpu')).toBeUndefined();
    expect(await tryDevice(['cpu', 'float32'], TIMEOUT_MS)).toBeUndefined();
  });

  it('refuses a device that takes too long', async () => {
    expect(await tryDevice(['cpu', 'float32'], 1)).toBe('its self-test did not end within 0.001 s');
  });
});

describe('choosing a device', () => {
  /** One that onnxruntime was not built with on this system. */
  const absent = process.platform === 'darwin' ? 'dml' : 'coreml';

  it('takes the CPU without a test', async () => {
    expect(await chooseDevice('cpu')).toEqual({ device: 'cpu', reason: 'asked for', refused: [] });
  });

  it('has one precision to choose on the CPU', async () => {
    expect(await precisionsHere('cpu')).toEqual(['fp32']);
  });

  it('refuses by name a device that is not there, with advice', async () => {
    await expect(chooseDevice(absent)).rejects.toMatchObject({
      name: 'LikenessError',
      code: 'device-unavailable',
      message: expect.stringContaining(`${absent} cannot be used here: onnxruntime 1.`),
      advice: expect.stringContaining('--device auto'),
    });
  });

  it('falls back to a device that works, and says why not the better ones', async () => {
    const choice = await chooseDevice('auto', { cacheFolder: folder });
    expect(availableDevices()).toContain(choice.device);
    for (const { reason } of choice.refused) expect(reason).toMatch(/^.{5,240}$/);
    if (choice.device === 'cpu') expect(choice.reason).toBe('no faster device can be used here');

    // again, now out of the record: a process could not even start in one millisecond
    expect(await chooseDevice('auto', { cacheFolder: folder, timeoutMs: 1 })).toEqual(choice);
  });
});

describe('the record of self-tests', () => {
  it('gives back a pass and a fault', async () => {
    await recordTrial(folder, 'a', undefined);
    await recordTrial(folder, 'b', 'wrong numbers');
    expect(await recallTrial(folder, 'a')).toMatchObject({ fault: null });
    expect(await recallTrial(folder, 'b')).toMatchObject({ fault: 'wrong numbers' });
    expect(await recallTrial(folder, 'c')).toBeUndefined();
  });

  it('forgets a fault after a day', async () => {
    await recordTrial(folder, 'a', 'no driver');
    const file = join(folder, 'devices.json');
    const trials = JSON.parse(await readFile(file, 'utf8'));
    trials.a.testedAtMs -= 25 * 60 * 60 * 1000;
    await writeFile(file, JSON.stringify(trials));
    expect(await recallTrial(folder, 'a')).toBeUndefined();
  });

  it.each(['', '{', '[]', '{"a": 1}', '{"a": {"fault": 3}}'])(
    'survives a damaged file: %s',
    async (content) => {
      await writeFile(join(folder, 'devices.json'), content);
      expect(await recallTrial(folder, 'a')).toBeUndefined();
      await recordTrial(folder, 'a', undefined);
      expect(await recallTrial(folder, 'a')).toMatchObject({ fault: null });
    },
  );

  it('lets a choice go on where nothing can be written', async () => {
    const blocked = join(folder, 'file');
    await writeFile(blocked, '');
    await expect(recordTrial(blocked, 'a', undefined)).resolves.toBeUndefined();
  });
});
