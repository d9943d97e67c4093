/**
 * LoginStart: the companion started when its user logs in, by one file that each system looks for. All three are files of the
 * user alone, which need no rights, are seen in the system's own settings, and are gone when they are deleted.
 */

import { rm, stat } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { USER_MODES, writeFileAtomically } from '../storage/atomic-file.ts';
import { readRegularFile } from '../storage/regular-file.ts';

type Command = readonly [program: string, ...args: string[]];

interface LoginEntry {
  readonly path: string;
  readonly text: (command: Command) => string;
}

export interface LoginStartOptions {
  readonly command: Command;
  readonly platform?: NodeJS.Platform;
  readonly env?: NodeJS.ProcessEnv;
  readonly home?: string;
}

export class LoginStart {
  readonly #command: Command;
  readonly #entry: LoginEntry | undefined;

  constructor({
    command,
    platform = process.platform,
    env = process.env,
    home = homedir(),
  }: LoginStartOptions) {
    this.#command = command;
    this.#entry = ENTRIES[platform]?.(home, env);
  }

  /** Path of the file; undefined on a system without one. */
  get path(): string | undefined {
    return this.#entry?.path;
  }

  /** Null on a system that has no such file. */
  async isOn(): Promise<boolean | null> {
    if (this.#entry === undefined) return null;
    return stat(this.#entry.path).then(
      (found) => found.isFile(),
      () => false,
    );
  }

  /** @throws LikenessError `storage` */
  async set(on: boolean): Promise<void> {
    if (this.#entry === undefined) return;
    const { path, text } = this.#entry;
    if (on) await writeFileAtomically(path, text(this.#command), USER_MODES);
    else await rm(path, { force: true });
  }

  /** Names this installation where it is on for another: a folder that was moved or updated. @throws LikenessError `storage` */
  async renew(): Promise<void> {
    if (this.#entry === undefined) return;
    const { path, text } = this.#entry;
    const before = await readRegularFile(path).then(String, () => undefined);
    if (before !== undefined && before !== text(this.#command)) await this.set(true);
  }
}

const ENTRIES: Readonly<
  Partial<Record<NodeJS.Platform, (home: string, env: NodeJS.ProcessEnv) => LoginEntry>>
> = {
  linux: (home, env) => ({
    path: join(env.XDG_CONFIG_HOME || join(home, '.config'), 'autostart/likeness.desktop'),
    text: desktopEntry,
  }),
  darwin: (home) => ({
    path: join(home, 'Library/LaunchAgents/app.likeness.companion.plist'),
    text: launchAgent,
  }),
  win32: (home, env) => ({
    path: join(
      env.APPDATA || join(home, 'AppData/Roaming'),
      'Microsoft/Windows/Start Menu/Programs/Startup/Likeness.cmd',
    ),
    text: startupScript,
  }),
};

/** Desktop Application Autostart Specification; quoted as the Desktop Entry Specification says of Exec. */
function desktopEntry(command: Command): string {
  const quoted = command.map((part) => {
    // Once for the argument, and once more for the value of a key.
    const argument = part.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%');
    return `"${argument.replaceAll('\\', '\\\\')}"`;
  });
  return `[Desktop Entry]
Type=Application
Name=Likeness
Comment=The companion of the Likeness plugin
Exec=${quoted.join(' ')}
Terminal=false
X-GNOME-Autostart-enabled=true
`;
}

/** launchd.plist(5), read when its user logs in. */
function launchAgent(command: Command): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };
  const parts = command.map((part) => part.replace(/[&<>]/g, (character) => entities[character]!));
  return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
  <key>Label</key>
  <string>app.likeness.companion</string>
  <key>ProgramArguments</key>
  <array>
${parts.map((part) => `    <string>${part}</string>`).join('\n')}
  </array>
  <key>RunAtLoad</key>
  <true/>
</dict>
</plist>
`;
}

/**
 * In the Startup folder, and not under the registry's Run key, which takes 260 characters. Minimised: closing the window stops
 * the companion. Paths may hold any letters, which cmd.exe reads in the code page of the moment.
 */
function startupScript(command: Command): string {
  const parts = command.map((part) => `"${part.replaceAll('%', '%%')}"`);
  return `@echo off\r\nchcp 65001 >nul\r\nstart "Likeness" /min ${parts.join(' ')}\r\n`;
}
