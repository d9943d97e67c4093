/** `likeness models pull` against a hub on this computer: as a process what is interrupted, goes on or is used after. */

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { COMMIT, localHub, REPOSITORY, sha256 } from '../model-store/hub/local-hub.ts';
import { MODEL_FILES, SHARD, servedModel, VAE } from '../model-store/served-model.ts';
import { writeMeasurements } from '../runtime/measured-computer.ts';
import { likeness, runInside, temporaryFolder } from './binary.ts';

const NAME = 'tiny-diffusion';
const OWN_FILES = ['checksums.json', 'pulled.json'];

const modelsOf = (home: string) => join(home, 'data', 'models');

/** Home of a computer that was measured before: `doctor` and pictures do not wait for it. */
async function measuredHome(): Promise<string> {
  const home = temporaryFolder();
  await writeMeasurements(join(home, 'data', 'cache'));
  return home;
}

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

describe('models pull', () => {
  it('fetches what the engine needs and no more, and the model works', async () => {
    const home = await measuredHome();
    const files = servedModel();
    const hub = await localHub(files, { licence: 'openrail++' });
    const pulled = await likeness(['models', 'pull', REPOSITORY, '--endpoint', hub.endpoint], { home });
    expect(pulled.stderr).toContain(`Asking ${new URL(hub.endpoint).host}. No other command of Likeness`);
    expect(pulled.stderr).toContain(`${REPOSITORY}, licence openrail++`);
    expect(pulled.stderr).toContain('unet: there are no fp16 weights, so fp32 is fetched.');
    expect(pulled.stderr).toContain(`✓ ${NAME}: 17 of 17 files fetched`);
    expect(pulled.stderr).toContain(
      `Asked: ${new URL(hub.endpoint).host}, ${new URL(hub.storageOrigin).host}`,
    );
    expect(pulled.exitCode).toBe(0);

    expect(hub.fetched()).toEqual([...MODEL_FILES].sort());
    expect(readdirSync(modelsOf(home))).toEqual([NAME]);
    const folder = join(modelsOf(home), NAME);
    expect(filesIn(folder)).toEqual([...MODEL_FILES, ...OWN_FILES].sort());
    for (const path of MODEL_FILES)
      expect(sha256(readFileSync(join(folder, path)))).toBe(sha256(files.get(path)!));
    expect(JSON.parse(readFileSync(join(folder, 'pulled.json'), 'utf8'))).toEqual({
      repository: REPOSITORY,
      commit: COMMIT,
      precision: 'fp16',
      licence: 'openrail++',
    });

    const verified = await runInside(['models', 'verify', NAME], { home });
    expect(verified.stderr).toContain('every file is what checksums.json says');
    expect(verified.exitCode).toBe(0);
    const shown = await runInside(['models', 'show', NAME], { home });
    expect(shown.stdout).toMatch(/licence +MIT/);
    expect(shown.stdout).toMatch(new RegExp(`on the hub +${REPOSITORY} at [0-9a-f]{40}`));
    const { events } = await runInside(['models', 'list', '--json'], { home });
    expect(events).toContainEqual(expect.objectContaining({ type: 'model', name: NAME, origin: 'fetched' }));
    const made = await likeness(
      [
        'generate',
        'a mug',
        '--model',
        NAME,
        '--device',
        'cpu',
        '--count',
        '1',
        '--steps',
        '1',
        '--out',
        'shots',
      ],
      { home },
    );
    expect(made.stderr).toContain('✓ 1 picture');
    expect(made.exitCode).toBe(0);
  });

  it('takes the weights of the wished precision, and lists in pages', async () => {
    const home = temporaryFolder();
    const files = servedModel();
    // As diffusers names them: single files with the variant before the ending, shards with it before their number.
    const half = new Map<string, string>([
      ['text_encoder/model.safetensors', 'text_encoder/model.fp16.safetensors'],
      [VAE, 'vae/diffusion_pytorch_model.fp16.safetensors'],
      [SHARD, 'unet/diffusion_pytorch_model.fp16-00001-of-00002.safetensors'],
      [MODEL_FILES[13], 'unet/diffusion_pytorch_model.fp16-00002-of-00002.safetensors'],
    ]);
    for (const [whole, name] of half) files.set(name, files.get(whole)!);
    const index = Buffer.from(files.get(MODEL_FILES[14])!).toString('utf8');
    const halfIndex = 'unet/diffusion_pytorch_model.safetensors.index.fp16.json';
    files.set(halfIndex, Buffer.from(index.replaceAll('_model-0000', '_model.fp16-0000')));
    const hub = await localHub(files, { pageSize: 4 });
    const { exitCode, events, stderr } = await runInside(
      ['models', 'pull', REPOSITORY, '--endpoint', hub.endpoint, '--name', 'mine', '--json'],
      { home },
    );
    expect(exitCode, stderr).toBe(0);
    expect(hub.fetched().filter((path) => /safetensors/.test(path))).toEqual(
      [...half.values(), halfIndex].sort(),
    );
    expect(hub.seen.filter(({ path }) => path.includes('/tree/')).length).toBeGreaterThan(4);
    expect(events.map(({ type }) => type)).not.toContain('precision');
    expect(events.at(-1)).toMatchObject({
      type: 'pulled',
      name: 'mine',
      repository: REPOSITORY,
      commit: COMMIT,
    });
    expect(readdirSync(modelsOf(home))).toEqual(['mine']);

    const other = await runInside(
      ['models', 'pull', 'mine', '--endpoint', hub.endpoint, '--precision', 'fp32'],
      { home },
    );
    expect(other.exitCode, other.stderr).toBe(0);
    expect(filesIn(join(modelsOf(home), 'mine'))).toEqual([...MODEL_FILES, ...OWN_FILES].sort());
  });

  it('sends the token to the endpoint alone, and tells it nobody', async () => {
    const home = temporaryFolder();
    const hub = await localHub(servedModel());
    const { exitCode, stdout, stderr } = await runInside(
      ['models', 'pull', REPOSITORY, '--endpoint', hub.endpoint, '--json'],
      { home, env: { HF_TOKEN: 'hf_secret', LIKENESS_DEBUG: '1' } },
    );
    expect(exitCode).toBe(0);
    const tokens = (server: string) =>
      new Set(hub.seen.filter((seen) => seen.server === server).map(({ headers }) => headers.authorization));
    expect([...tokens('hub')]).toEqual(['Bearer hf_secret']);
    expect([...tokens('storage')]).toEqual([undefined]);
    expect(stdout + stderr).not.toContain('hf_secret');
    for (const path of filesIn(home))
      expect(readFileSync(join(home, path), 'latin1')).not.toContain('hf_secret');
  });

  it.each(['SIGKILL', 'SIGINT'] as const)('goes on where %s ended it', async (signal) => {
    const home = await measuredHome();
    const files = servedModel();
    const half = files.get(SHARD)!.byteLength >> 1;
    const part = join(modelsOf(home), `.${NAME}.pulling`, `${SHARD}.part`);
    let isFirst = true;
    const hub = await localHub(files, {
      answer: ({ server, path }, response) => {
        if (server !== 'storage' || path !== SHARD || !isFirst) return false;
        isFirst = false;
        const bytes = files.get(path)!;
        response.writeHead(200, { etag: `"${sha256(bytes)}"`, 'content-length': bytes.byteLength });
        response.write(bytes.subarray(0, half));
        return true;
      },
    });
    const pull = ['models', 'pull', REPOSITORY, '--endpoint', hub.endpoint, '--json'];
    const stopped = await likeness(pull, {
      home,
      whenEvent: ({ type }, child) => {
        if (type !== 'weights') return;
        const timer = setInterval(() => {
          if ((statSync(part, { throwIfNoEntry: false })?.size ?? 0) < half) return;
          clearInterval(timer);
          child.kill(signal);
        }, 20);
      },
    });
    expect(statSync(part).size).toBe(half);
    const examined = await runInside(['doctor'], { home });
    expect(examined.stdout).toContain(`${NAME} is not whole yet: a pull has fetched`);
    if (signal === 'SIGINT') {
      expect(stopped.exitCode).toBe(130);
      expect(stopped.stderr).toContain('which are kept');
      expect(stopped.stderr).toContain(
        `run the same command again: npm run likeness -- models pull ${REPOSITORY}`,
      );
    }
    const listed = await runInside(['models', 'list'], { home });
    expect(listed.stdout + listed.stderr).not.toContain(NAME);
    // Nothing but what can be resumed; a process that was killed leaves its flag too.
    const left = readdirSync(modelsOf(home)).filter((name) => !name.includes('pulled-by'));
    expect(left).toEqual([`.${NAME}.pulling`]);

    const resumed = await likeness(pull, { home });
    expect(resumed.exitCode, resumed.stderr).toBe(0);
    expect(resumed.events.find(({ type }) => type === 'weights')).toMatchObject({ receivedBytes: half });
    const last = hub.seen.filter(({ server, path }) => server === 'storage' && path === SHARD).at(-1)!;
    expect(last.headers).toMatchObject({
      range: `bytes=${half}-`,
      'if-range': `"${sha256(files.get(SHARD)!)}"`,
    });
    expect(readdirSync(modelsOf(home))).toEqual([NAME]);
    expect((await runInside(['models', 'verify', NAME], { home })).exitCode).toBe(0);
  });

  it('repairs: fetches only what differs or is missing, and leaves what was added', async () => {
    const home = temporaryFolder();
    const hub = await localHub(servedModel());
    const pull = (...more: string[]) =>
      runInside(['models', 'pull', ...more, '--endpoint', hub.endpoint], { home });
    expect((await pull(REPOSITORY)).exitCode).toBe(0);
    const folder = join(modelsOf(home), NAME);
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    const vae = readFileSync(join(folder, VAE));
    vae[vae.length - 1]! ^= 1;
    writeFileSync(join(folder, VAE), vae);
    rmSync(join(folder, 'unet/config.json'));
    const verified = await runInside(['models', 'verify', folder], { home });
    expect(verified.exitCode).toBe(1);

    const before = hub.seen.length;
    const repaired = await pull(NAME);
    expect(repaired.stderr).toContain('is here already: looking for what differs or is missing');
    expect(repaired.stderr).toContain('2 of 17 files fetched');
    expect(repaired.exitCode).toBe(0);
    const asked = hub.seen
      .slice(before)
      .filter(({ server, path }) => server === 'hub' && path.includes('/resolve/'));
    expect(asked.map(({ path }) => path.split(`${COMMIT}/`)[1]).sort()).toEqual(['unet/config.json', VAE]);
    // Concepts belong to the weights that they were taught on: a branch that has moved changes nothing.
    expect(hub.seen[before]!.path).toBe(`/api/models/${REPOSITORY}/revision/${COMMIT}`);
    expect((await runInside(['models', 'verify', NAME], { home })).exitCode).toBe(0);
    expect(readFileSync(join(folder, 'notes.txt'), 'utf8')).toBe('mine');
    expect(readdirSync(modelsOf(home))).toEqual([NAME]);

    const again = await pull(NAME);
    expect(again.stderr).toContain('all 17 files were right');
    expect(again.exitCode).toBe(0);
  });

  it('tells of a damaged model how it is repaired', async () => {
    const home = await measuredHome();
    const hub = await localHub(servedModel());
    await runInside(['models', 'pull', REPOSITORY, '--endpoint', hub.endpoint], { home });
    const file = join(modelsOf(home), NAME, VAE);
    const bytes = readFileSync(file);
    bytes[bytes.length - 1]! ^= 1;
    writeFileSync(file, bytes);
    const verified = await runInside(['models', 'verify', NAME], { home });
    expect(verified.stderr).toContain(`${VAE} differs`);
    expect(verified.stderr).toContain(`\`npm run likeness -- models pull ${NAME}\` fetches what differs.`);
    const examined = await runInside(['doctor'], { home });
    expect(examined.stdout).toContain(`\`npm run likeness -- models pull ${NAME}\` fetches what differs.`);
  });

  it('refuses a second pull of the same model while one is under way', async () => {
    const home = temporaryFolder();
    let release = () => {};
    const hub = await localHub(servedModel(), {
      answer: ({ path }, response) => {
        if (!path.endsWith('/revision/main')) return false;
        release = () => response.writeHead(404).end();
        return true;
      },
    });
    const pull = ['models', 'pull', REPOSITORY, '--endpoint', hub.endpoint];
    const first = likeness(pull, { home });
    await expect.poll(() => hub.seen.length).toBe(1);
    const second = await runInside(pull, { home });
    expect(second.stderr).toMatch(/error: tiny-diffusion is being pulled already, by process \d+/);
    expect(second.exitCode).toBe(2);
    expect(hub.seen).toHaveLength(1);
    release();
    expect((await first).exitCode).toBe(1);
    expect(readdirSync(home)).toEqual([]);
  });

  it('tries again when the hub is busy', async () => {
    const home = temporaryFolder();
    let refusals = 0;
    const hub = await localHub(servedModel(), {
      answer: ({ path }, response) => {
        if (refusals === 2 || !path.endsWith(VAE)) return false;
        response.writeHead(refusals === 0 ? 503 : 429, { 'retry-after': '0' }).end();
        refusals++;
        return true;
      },
    });
    const { exitCode, events } = await runInside(
      ['models', 'pull', REPOSITORY, '--endpoint', hub.endpoint, '--json'],
      { home },
    );
    expect(exitCode).toBe(0);
    const waits = events.filter(({ type }) => type === 'waiting');
    expect(waits.map(({ waitMs }) => waitMs)).toEqual([0, 0]);
    expect(waits[0]!.reason).toMatch(/answered 503 for acme\/tiny-diffusion: vae/);
  });

  it('says without a name what can be pulled, and asks nobody', async () => {
    const home = temporaryFolder();
    const { exitCode, stdout } = await runInside(['models', 'pull', '--endpoint', 'http://127.0.0.1:9'], {
      home,
    });
    expect(stdout).toMatch(
      /stable-diffusion-v1-5 +512 px +about \d+ (s|min|h) +2\.1 GB +5 GB +creativeml-openrail-m/,
    );
    expect(exitCode).toBe(0);
    // How fast this computer is, by which it tells what a picture costs.
    expect(readdirSync(join(home, 'data'))).toEqual(['cache']);
  });
});
