import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { LoginStart } from '../../companion/installation/login-start.ts';
import { temporaryFolder } from '../cli/binary.ts';

/** Letters that each of the three files would read otherwise. */
const COMMAND = [
  '/opt/Like "n" & ess/$node',
  '/opt/100%/Jürgen\\bin/likeness.mjs',
  'start',
] as const satisfies readonly string[];

const env = {};

describe('start at login', () => {
  it.each([
    ['linux', '.config/autostart/likeness.desktop'],
    ['darwin', 'Library/LaunchAgents/app.likeness.companion.plist'],
    ['win32', 'AppData/Roaming/Microsoft/Windows/Start Menu/Programs/Startup/Likeness.cmd'],
  ] as const)('is one file on %s, there while it is on', async (platform, path) => {
    const home = temporaryFolder();
    const start = new LoginStart({ command: COMMAND, platform, env, home });
    expect(start.path).toBe(join(home, path));
    expect(await start.isOn()).toBe(false);
    await start.set(true);
    expect(await start.isOn()).toBe(true);
    await start.set(false);
    expect(await start.isOn()).toBe(false);
    await start.set(false);
  });

  it('is not there on a system without such files', async () => {
    const start = new LoginStart({ command: COMMAND, platform: 'freebsd', env, home: '/nowhere' });
    expect(await start.isOn()).toBeNull();
    await start.set(true);
    expect(start.path).toBeUndefined();
  });

  it('follows the folders that the system names', () => {
    const home = '/home/a';
    const linux = new LoginStart({
      command: COMMAND,
      platform: 'linux',
      env: { XDG_CONFIG_HOME: '/config' },
      home,
    });
    expect(linux.path).toBe(join('/config', 'autostart/likeness.desktop'));
    const windows = new LoginStart({
      command: COMMAND,
      platform: 'win32',
      env: { APPDATA: '/roaming' },
      home,
    });
    expect(windows.path).toContain(join('/roaming', 'Microsoft'));
  });

  it('names the command as the Desktop Entry Specification reads it', async () => {
    const exec = /^Exec=(.*)$/m.exec(await written('linux'))![1]!;
    // First the value's escapes, then the argument's, then the percent sign.
    const value = exec.replace(/\\(.)/g, '$1');
    const parts = [...value.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, part]) =>
      part!.replace(/\\(.)/g, '$1').replaceAll('%%', '%'),
    );
    expect(parts).toEqual(COMMAND);
  });

  it('names the command as a property list reads it', async () => {
    const text = await written('darwin');
    const [, array] = /<key>ProgramArguments<\/key>\s*<array>(.*?)<\/array>/s.exec(text)!;
    const parts = [...array!.matchAll(/<string>(.*?)<\/string>/g)].map(([, part]) =>
      part!.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&'),
    );
    expect(parts).toEqual(COMMAND);
  });

  it('names the command as cmd.exe reads it, in letters of any language', async () => {
    const text = await written('win32');
    expect(text.split('\r\n')).toEqual([
      '@echo off',
      'chcp 65001 >nul',
      `start "Likeness" /min ${COMMAND.map((part) => `"${part.replaceAll('%', '%%')}"`).join(' ')}`,
      '',
    ]);
  });

  it('names this installation again after it was moved, and is not turned on by that', async () => {
    const home = temporaryFolder();
    const place = { platform: 'linux', env, home } as const;
    const before = new LoginStart({ command: ['/old/node', 'start'], ...place });
    const after = new LoginStart({ command: ['/new/node', 'start'], ...place });
    await after.renew();
    expect(await after.isOn()).toBe(false);
    await before.set(true);
    await after.renew();
    expect(await readFile(after.path!, 'utf8')).toContain('"/new/node" "start"');
  });
});

async function written(platform: NodeJS.Platform): Promise<string> {
  const start = new LoginStart({ command: COMMAND, platform, env, home: temporaryFolder() });
  await start.set(true);
  return readFile(start.path!, 'utf8');
}
