import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { exportPresets, PresetStore, readPresetFile } from '../../companion/presets/preset-store.ts';
import { systemFault } from '../../companion/storage/system-fault.ts';
import { PRESETS_MAX } from '../../shared/protocol/limits.ts';
import { type Preset, presetWords } from '../../shared/protocol/preset.ts';
import { runInside } from '../cli/binary.ts';

function homeFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'likeness-presets-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const spring: Preset = {
  ...{ name: 'Spring', scenes: ['on a beach'], palette: 'teal and sand', light: 'soft light', steps: 20 },
  ...{ size: { width: 96, height: 64 }, loras: [{ name: 'brand', weight: 0.8 }] },
};
const dusk: Preset = { name: 'Dusk', scenes: [] };

describe('presets', () => {
  it('are kept by name, and read by another process', async () => {
    const home = join(homeFolder(), 'data');
    const store = new PresetStore(home);
    expect(await store.list()).toEqual([]);
    await store.save(spring);
    await store.save(dusk);
    expect(await new PresetStore(home).list()).toEqual([dusk, spring]);
    expect(await store.get(' spring')).toEqual(spring);
    await store.save({ ...dusk, name: 'DUSK', steps: 4 });
    expect((await store.list()).map(({ name, steps }) => [name, steps])).toEqual([
      ['DUSK', 4],
      ['Spring', 20],
    ]);
    await store.remove('dusk');
    expect(await store.list()).toEqual([spring]);
    await expect(store.remove('dusk')).rejects.toThrow('no preset is named dusk; there are Spring');
    if (process.platform !== 'win32') expect(statSync(join(home, 'presets.json')).mode & 0o077).toBe(0);
  });

  it('are never more than can be read again', async () => {
    const store = new PresetStore(homeFolder());
    const line = (length: number, end: string) => '\u6d77'.repeat(length - end.length) + end;
    const long = (index: number): Preset => ({
      ...{ name: `Preset ${index}`, palette: line(200, ''), light: line(200, '') },
      scenes: Array.from({ length: 32 }, (_, scene) => line(200, String(scene))),
      negativePrompt: line(1000, ''),
    });
    const longest = (from: number) => Array.from({ length: 100 }, (_, index) => long(from + index));
    await store.merge(longest(0));
    await expect(store.merge(longest(100))).rejects.toMatchObject({ code: 'input' });
    expect(await store.list()).toHaveLength(100);
  });

  it('that several processes save at once are all kept', async () => {
    const home = homeFolder();
    const names = Array.from({ length: 8 }, (_, index) => `Preset ${index}`);
    await Promise.all(names.map((name) => new PresetStore(home).save({ ...dusk, name })));
    expect((await new PresetStore(home).list()).map(({ name }) => name)).toEqual(names);
  });

  it('are not written over what is no file, and it is named', async () => {
    const home = homeFolder();
    const path = join(home, 'presets.json');
    mkdirSync(path);
    const store = new PresetStore(home);
    for (const act of [store.list(), store.save(dusk)]) {
      expect(systemFault(await act.catch((error: unknown) => error))).toMatchObject({
        code: 'storage',
        message: `${path} cannot be used: it is no file`,
      });
    }
    expect(statSync(path).isDirectory()).toBe(true);
  });

  it('travel as a file, and say whose place they took', async () => {
    const home = homeFolder();
    const file = join(home, 'team.json');
    await exportPresets(file, [spring, dusk]);
    expect(await readPresetFile(file)).toEqual([dusk, spring]);
    const store = new PresetStore(join(home, 'other'));
    await store.save({ ...spring, steps: 3 });
    expect(await store.merge(await readPresetFile(file))).toEqual(['Spring']);
    expect(await store.get('Spring')).toEqual(spring);
  });

  it.each([
    ['not JSON', 'not valid JSON'],
    ['{"schema":2,"presets":[]}', 'schema'],
    ['{"schema":1,"presets":[{"name":""}]}', 'presets.0.name'],
    ['{"schema":1,"presets":[{"name":"a\\nb"}]}', 'presets.0.name'],
    ['{"schema":1,"presets":[{"name":"a","steps":1e9}]}', 'presets.0.steps'],
    ['{"schema":1,"presets":[{"name":"a","loras":[{"name":"../x","weight":1}]}]}', 'presets.0.loras.0.name'],
    ['{"schema":1,"presets":[{"name":"a","other":1}]}', 'presets.0'],
    ['{"schema":1,"presets":[{"name":"a"},{"name":"A"}]}', 'A is in it twice'],
  ])('%j are refused', async (text, message) => {
    const file = join(homeFolder(), 'team.json');
    writeFileSync(file, text);
    await expect(readPresetFile(file)).rejects.toThrow(message);
  });

  it('that are damaged are not written over', async () => {
    const home = homeFolder();
    writeFileSync(join(home, 'presets.json'), '{');
    await expect(new PresetStore(home).save(dusk)).rejects.toMatchObject({ code: 'storage' });
    expect(readFileSync(join(home, 'presets.json'), 'utf8')).toBe('{');
  });

  it('have a largest number', async () => {
    const store = new PresetStore(homeFolder());
    const many = Array.from({ length: PRESETS_MAX }, (_, index) => ({ ...dusk, name: `p${index}` }));
    await store.merge(many);
    await expect(store.save(spring)).rejects.toThrow(`${PRESETS_MAX + 1} presets`);
    expect(await store.list()).toHaveLength(PRESETS_MAX);
  });

  it('put their light, then their palette, behind a prompt', () => {
    expect(presetWords(spring)).toBe(', soft light, palette of teal and sand');
    expect(presetWords(dusk)).toBe('');
  });
});

it('the command saves, lists, exports, imports and removes them', async () => {
  const home = homeFolder();
  const run = (...args: string[]) => runInside(['presets', ...args], { home });
  expect((await run('list')).stderr).toContain('No presets.');
  const flags = [
    '--scenes',
    'on a beach',
    'on grass',
    '--light',
    'dawn',
    '--size',
    '96x64',
    '--lora',
    'brand:0.5',
  ];
  expect((await run('save', 'Spring', ...flags)).exitCode).toBe(0);
  const listed = await run('list', '--json');
  expect(listed.events).toEqual([
    {
      ...{ type: 'preset', name: 'Spring', scenes: ['on a beach', 'on grass'], light: 'dawn' },
      ...{ size: { width: 96, height: 64 }, loras: [{ name: 'brand', weight: 0.5 }] },
    },
  ]);
  const file = join(home, 'team.json');
  expect((await run('export', file)).exitCode).toBe(0);
  expect(existsSync(file)).toBe(true);
  expect((await run('import', file)).stderr).toContain('Replaced: Spring');
  expect((await run('remove', 'spring')).exitCode).toBe(0);
  expect((await run('remove', 'spring')).exitCode).toBe(2);
  expect((await run('save', 'a', '--light', 'two\nlines')).stderr).toContain("the preset's light");
  expect((await run('import', join(home, 'none.json'))).exitCode).toBe(2);
});
