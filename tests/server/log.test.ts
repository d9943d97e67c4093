import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createLog, errorFields, LOG_FILE, RejectionLog, RotatingFile } from '../../companion/server/log.ts';
import { LikenessError } from '../../shared/errors.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'likeness-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const lines = () => readFileSync(join(folder, LOG_FILE), 'utf8').trim().split('\n');

describe('a rotating file', () => {
  it('keeps the newest lines, in a bounded number of bounded files', () => {
    const file = new RotatingFile(join(folder, 'a.log'), { maxBytes: 100, kept: 2 });
    for (let line = 0; line < 40; line++) file.write(`line ${String(line).padStart(4, '0')}\n`);
    expect(readdirSync(folder).sort()).toEqual(['a.log', 'a.log.1', 'a.log.2']);
    for (const name of readdirSync(folder)) {
      expect(statSync(join(folder, name)).size).toBeLessThanOrEqual(100);
    }
    const kept = ['a.log.2', 'a.log.1', 'a.log'].map((name) => readFileSync(join(folder, name), 'utf8'));
    const all = kept.join('').trim().split('\n');
    expect(all.at(-1)).toBe('line 0039');
    expect(all).toEqual(
      Array.from(all, (_, index) => `line ${String(40 - all.length + index).padStart(4, '0')}`),
    );
  });

  it('goes on where an earlier run ended', () => {
    new RotatingFile(join(folder, 'a.log'), { maxBytes: 100, kept: 1 }).write('before\n');
    new RotatingFile(join(folder, 'a.log'), { maxBytes: 100, kept: 1 }).write('after\n');
    expect(readFileSync(join(folder, 'a.log'), 'utf8')).toBe('before\nafter\n');
  });

  it('survives a folder that cannot be made, and writes once it can', () => {
    const logs = join(folder, 'logs');
    writeFileSync(logs, 'a file is in its place');
    const file = new RotatingFile(join(logs, 'a.log'), { maxBytes: 100, kept: 1 });
    expect(() => file.write('lost\n')).not.toThrow();
    rmSync(logs);
    file.write('kept\n');
    expect(readFileSync(join(logs, 'a.log'), 'utf8')).toBe('kept\n');
  });

  it('loses its lines so far, and no others, where something that is not ours takes the place of an older file', () => {
    const path = join(folder, 'a.log');
    mkdirSync(`${path}.1`);
    const file = new RotatingFile(path, { maxBytes: 30, kept: 1 });
    for (let line = 0; line < 9; line++) file.write(`line ${line}\n`);
    expect(readFileSync(path, 'utf8')).toBe('line 8\n');
    expect(statSync(`${path}.1`).isDirectory()).toBe(true);
  });

  it('survives a place that cannot be written', () => {
    const file = new RotatingFile(join(folder, 'a.log'), { maxBytes: 100, kept: 1 });
    rmSync(folder, { recursive: true });
    expect(() => file.write('lost\n')).not.toThrow();
    folder = mkdtempSync(join(tmpdir(), 'likeness-log-'));
  });
});

// In a process of its own, which can be ended where it waits. Windows has no such pipes.
it.skipIf(process.platform === 'win32')('a log waits for nothing that is no file, and says so once', () => {
  const program = `
    import { execFileSync } from 'node:child_process';
    import { mkdirSync, symlinkSync } from 'node:fs';
    import { createServer } from 'node:net';
    import { Writable } from 'node:stream';
    import { createLog } from './companion/server/log.ts';
    const makers = {
      pipe: (path) => execFileSync('mkfifo', [path]),
      folder: (path) => mkdirSync(path),
      socket: (path) => new Promise((done) => createServer().unref().listen(path, done)),
      device: (path) => symlinkSync('/dev/null', path),
    };
    for (const [kind, make] of Object.entries(makers)) {
      const folder = ${JSON.stringify(folder)} + '/' + kind;
      mkdirSync(folder);
      await make(folder + '/${LOG_FILE}');
      let told = '';
      const terminal = new Writable({ write: (chunk, _, done) => { told += chunk; done(); } });
      const log = createLog({ folder, terminal });
      for (let line = 0; line < 3; line++) log.info('a line');
      console.log(kind, told.split('cannot be written').length - 1);
    }`;
  const args = ['--import', 'tsx', '--input-type=module', '-e', program];
  const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: 240_000 });
  expect(stdout.trim().split('\n'), stderr).toEqual(['pipe 1', 'folder 1', 'socket 1', 'device 1']);
});

describe('the log', () => {
  it('says of an error its code, and nothing that a client wrote', () => {
    const log = createLog({ folder });
    const secret = 'a prompt about a secret product';
    log.error(errorFields(new LikenessError('input', secret)), 'a request failed');
    log.error(errorFields(new Error(secret)), 'a request failed');
    log.error(errorFields(secret), 'a request failed');
    expect(lines()).toHaveLength(3);
    expect(lines().join('\n')).not.toContain('secret');
    expect(JSON.parse(lines()[0]!)).toMatchObject({ code: 'input' });
    expect(JSON.parse(lines()[1]!).at).toContain('log.test.ts');
  });

  it('counts a flood of refusals instead of writing each', () => {
    let now = 0;
    const refusals = new RejectionLog(createLog({ folder }), () => now);
    for (let index = 0; index < 10_000; index++) refusals.tell('origin', 'http');
    expect(lines()).toHaveLength(50);
    now = 60_000;
    refusals.tell('origin', 'http');
    expect(lines()).toHaveLength(52);
    expect(JSON.parse(lines()[50]!)).toMatchObject({ count: 9_950 });
  });
});
