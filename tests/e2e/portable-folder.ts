/**
 * PortableFolder: Likeness as people unpack it, opened by a double click. Made of this checkout, or one that LIKENESS_PORTABLE
 * names, as `npm run portable` builds them.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { launchers } from '../../packaging/portable/launchers.ts';
import { TARGETS } from '../../packaging/portable/targets.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export class PortableFolder {
  readonly #scratch: string;
  readonly #launcher: string;
  #child: ChildProcess | undefined;
  /** The window's text so far. */
  window = '';

  private constructor(scratch: string, launcher: string) {
    this.#scratch = scratch;
    this.#launcher = launcher;
  }

  static async make(): Promise<PortableFolder> {
    const scratch = await mkdtemp(join(tmpdir(), 'likeness-portable-'));
    const built = process.env.LIKENESS_PORTABLE;
    const folder = built ?? join(scratch, 'likeness');
    if (built === undefined) {
      const target = TARGETS.find(({ os }) => os === process.platform)!;
      for (const { path, text } of launchers(target, '0.0.0')) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), text);
      }
      for (const [path, place] of [
        [process.execPath, 'runtime/node'],
        [ROOT, 'app/node_modules/likeness'],
      ] as const) {
        mkdirSync(dirname(join(folder, place)), { recursive: true });
        symlinkSync(path, join(folder, place));
      }
    }
    const launcher = join(folder, process.platform === 'darwin' ? 'Likeness.command' : 'likeness');
    if (built === undefined) chmodSync(launcher, 0o755);
    return new PortableFolder(scratch, launcher);
  }

  /**
   * Opens the launcher as a desktop does, without a word, in a home that is empty.
   * @param env of a companion that fetches models
   * @returns the address that it opens in the browser
   */
  async open(env: NodeJS.ProcessEnv): Promise<string> {
    const address = join(this.#scratch, 'address');
    const opener = `#!/bin/sh\nfor last; do :; done\nprintf %s "$last" > ${address}.part && mv ${address}.part ${address}\n`;
    const bin = join(this.#scratch, 'bin');
    mkdirSync(bin);
    for (const name of ['xdg-open', 'open']) {
      writeFileSync(join(bin, name), opener);
      chmodSync(join(bin, name), 0o755);
    }
    const child = spawn(this.#launcher, [], {
      cwd: '/',
      env: {
        ...{ HOME: this.#scratch, PATH: `${bin}:/usr/bin:/bin` },
        ...{ LIKENESS_HOME: join(this.#scratch, 'data') },
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (text: Buffer) => {
        this.window += text.toString();
      });
    }
    for (;;) {
      const opened = readOrNothing(address);
      if (opened !== undefined) return opened;
      if (hasEnded(child)) throw new Error(`the launcher ended: ${this.window}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  /** As closing its window does. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child !== undefined && !hasEnded(child)) {
      const ended = once(child, 'exit');
      child.kill('SIGINT');
      await ended;
    }
    rmSync(this.#scratch, { recursive: true, force: true, maxRetries: 3 });
  }
}

/** By itself, or by a signal. */
function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null;
}

function readOrNothing(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
