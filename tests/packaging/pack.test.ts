/** The packed Likeness: what is in it, and that this is enough to run, beside its dependencies alone. */

import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildPlugin } from '../../plugin/build.ts';
import { buildStudio } from '../../plugin/studio/build.ts';
import { temporaryFolder } from '../cli/binary.ts';
import { writeFrames } from '../cli/picture-files.ts';
import { NEEDS_MODEL, SMALL_MODEL } from '../cli/small-model.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Of everything but the embedded model's weights, unpacked. */
const MOST_BYTES = 8e6;

interface Packed {
  readonly filename: string;
  readonly files: readonly { readonly path: string; readonly size: number }[];
}

/** A folder as npm makes it: Likeness among its dependencies. */
const folder = mkdtempSync(join(tmpdir(), 'likeness-pack-'));
const home = join(folder, 'home');
const installed = join(folder, 'node_modules/likeness');
let packed: Packed;

beforeAll(async () => {
  await buildPlugin();
  await buildStudio();
  // Its scripts would build the pages again, under other tests that use them.
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', folder];
  const { stdout, stderr } = spawnSync('npm', args, { cwd: ROOT, encoding: 'utf8', shell: true });
  const answer = JSON.parse(stdout) as readonly Packed[];
  expect(stderr).not.toMatch(/^npm warn/m);
  packed = Object.values(answer)[0]!;
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), 'junction');
  }
  spawnSync('tar', ['xzf', join(folder, packed.filename), '-C', folder]);
  cpSync(join(folder, 'package'), installed, { recursive: true });
  // Where a command is given may be another project, with settings of its own.
  writeFileSync(join(folder, 'tsconfig.json'), '{ broken');
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const environment = { PATH: process.env.PATH, LIKENESS_HOME: home };

function likeness(...args: readonly string[]) {
  const command = [join(installed, 'bin/likeness.mjs'), ...args];
  return spawnSync(process.execPath, command, { cwd: folder, env: environment, encoding: 'utf8' });
}

describe('the packed files', () => {
  it('are those that run, and small beside the weights', () => {
    const paths = packed.files.map(({ path }) => path);
    const kinds = new Set(paths.map((path) => (path.includes('/') ? path.split('/')[0] : path)));
    expect([...kinds].sort()).toEqual(
      [
        ...['LICENSE', 'README.md', 'bin', 'companion', 'manifest.json', 'models', 'package.json'],
        ...['packaging', 'plugin', 'shared', 'tsconfig.json'],
      ].sort(),
    );
    expect(paths.filter((path) => /^(plugin\/(?!dist\/)|packaging\/(?!preinstall))/.test(path))).toEqual([]);
    expect(paths).toContain('plugin/dist/studio.html');
    expect(paths).toContain('plugin/dist/main.js');
    expect(paths).toContain('models/likeness-base-128/concepts/aurora.safetensors');
    // The examples are no part of the model.
    const weights = /^models\/(?!.*\/concepts\/).*\.safetensors$/;
    const rest = packed.files.filter(({ path }) => !weights.test(path));
    expect(rest.reduce((sum, { size }) => sum + size, 0)).toBeLessThan(MOST_BYTES);
    const checksums = join(ROOT, 'models/likeness-base-128/checksums.json');
    const listed = Object.keys(JSON.parse(readFileSync(checksums, 'utf8')) as object);
    expect(paths.filter((path) => weights.test(path)).sort()).toEqual(
      listed.map((path) => `models/likeness-base-128/${path}`).sort(),
    );
  });

  it('print help that begins with the command that npm installs', () => {
    const { stdout, stderr, status } = likeness('--help');
    expect(stderr).toBe('');
    expect(stdout).toContain('Usage: likeness [options] [command]');
    expect(stdout).not.toContain('npm run');
    expect(status).toBe(0);
  });

  it('find the embedded model whole', () => {
    const { stdout, stderr, status } = likeness('models', 'verify', 'likeness-base-128');
    expect(`${stdout}${stderr}`).toContain('likeness-base-128');
    expect(status).toBe(0);
  });

  it.skipIf(SMALL_MODEL === undefined)(`teach (${NEEDS_MODEL})`, async () => {
    const frames = await writeFrames(temporaryFolder(), 1);
    const facts = ['--name', 'aurora', '--class', 'toy', '--steps', '1', '--model', SMALL_MODEL!];
    const { stderr, status } = likeness('teach', frames, ...facts, '--device', 'cpu', '--threads', '1');
    expect(stderr).toContain('Next: likeness generate "@aurora on a beach"');
    expect(status).toBe(0);
  });

  it('serve the studio, and end by a signal', async () => {
    const child = spawn(
      process.execPath,
      [join(installed, 'bin/likeness.mjs'), 'start', '--json', '--port', '0'],
      {
        cwd: folder,
        env: environment,
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    const ended = new Promise((resolve) => child.once('exit', resolve));
    for await (const line of createInterface(child.stdout)) {
      const event = JSON.parse(line) as { type: string; studio?: string };
      if (event.type !== 'listening') continue;
      for (const path of ['/', '/plugin-ui.html', '/studio/studio.js']) {
        expect((await fetch(event.studio! + path)).status).toBe(200);
      }
      break;
    }
    child.stdout.resume();
    child.kill('SIGINT');
    expect(await ended).toBe(0);
  });

  it("start the engine's process", () => {
    const entry = join(folder, 'engine.mjs');
    writeFileSync(
      entry,
      `import { register } from 'tsx/esm/api';
      process.env.TSX_TSCONFIG_PATH = ${JSON.stringify(join(installed, 'tsconfig.json'))};
      register();
      const { EngineProcess } = await import('likeness/companion/engine/process/engine-process.ts');
      const engine = new EngineProcess();
      const request = { model: ${JSON.stringify(join(folder, 'nowhere'))}, device: 'cpu', cacheFolder: 'c', references: [] };
      try {
        for await (const _ of engine.teach(request));
      } catch (error) {
        console.log(error.code, error.message);
      }
      await engine.close();`,
    );
    const { stdout, stderr } = spawnSync(process.execPath, [entry], {
      cwd: folder,
      env: environment,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    expect(stdout).toMatch(/^(input|checkpoint-missing) /);
  });
});

describe('the install script', () => {
  /** Likeness and onnxruntime-node as npm has unpacked them. */
  function unpacked(): string {
    const modules = join(temporaryFolder(), 'node_modules');
    const script = join(modules, 'likeness/packaging/preinstall.mjs');
    const list = join(modules, 'onnxruntime-node/script/install-metadata.js');
    for (const file of [script, list]) mkdirSync(dirname(file), { recursive: true });
    copyFileSync(join(ROOT, 'packaging/preinstall.mjs'), script);
    const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
    for (const name of ['install-metadata.js', 'install-metadata-versions.js']) {
      copyFileSync(join(runtime, 'script', name), join(dirname(list), name));
    }
    writeFileSync(join(modules, 'onnxruntime-node/package.json'), '{}');
    return modules;
  }

  function needed(modules: string, env: Readonly<Record<string, string>> = {}): readonly string[] {
    const script = join(modules, 'likeness/packaging/preinstall.mjs');
    const { stderr, status } = spawnSync(process.execPath, [script], { env, encoding: 'utf8' });
    expect([stderr, status]).toEqual(['', 0]);
    const list = createRequire(import.meta.url)(join(modules, 'onnxruntime-node/script/install-metadata.js'));
    return (list as { requirements: Readonly<Record<string, readonly string[]>> }).requirements['linux/x64']!;
  }

  it('leaves nothing to fetch beyond the npm registry', () => expect(needed(unpacked())).toEqual([]));

  it('leaves CUDA to those who ask for it', () => {
    expect(needed(unpacked(), { npm_config_onnxruntime_node_install: 'cuda12' })).toEqual(['cuda12']);
  });

  it('is not needed in a clone: the lock runs none for onnxruntime', () => {
    const lock = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8')) as {
      readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean }>>;
    };
    expect(lock.packages['node_modules/onnxruntime-node']!.hasInstallScript).toBeUndefined();
    expect(existsSync(join(ROOT, '.npmrc'))).toBe(true);
    expect(readFileSync(join(ROOT, '.npmrc'), 'utf8')).not.toContain('onnxruntime');
  });
});
