/** Base models over the protocol: the real server and the real pull, from a hub on this computer. */

import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { DEFAULT_MODEL, EMBEDDED_MODELS } from '../../companion/model-store/catalogue.ts';
import { routes } from '../../shared/protocol/http.ts';
import { type Loras, lorasSchema } from '../../shared/protocol/lora.ts';
import { type ModelCard, type ModelList, modelsSchema } from '../../shared/protocol/model.ts';
import { generateWish } from '../jobs/opened-queue.ts';
import { writePlainLora } from '../library/small-concept.ts';
import { halfway, localHub } from '../model-store/hub/local-hub.ts';
import { servedMatting, servedUpscaler } from '../model-store/served-matting.ts';
import { SHARD, servedModel } from '../model-store/served-model.ts';
import { scratchFolder } from '../storage/scratch-folder.ts';
import { PLUGIN_ORIGIN, type RunningServer, startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

const NAME = 'stable-diffusion-v1-5';
const LICENCE = 'creativeml-openrail-m';
const REPOSITORY = 'stable-diffusion-v1-5/stable-diffusion-v1-5';

class Client {
  readonly server: RunningServer;
  readonly socket: TestClient;
  readonly #token: string;

  private constructor(server: RunningServer, token: string, socket: TestClient) {
    this.server = server;
    this.socket = socket;
    this.#token = token;
  }

  /** @param env where pulls go to */
  static async open(home: string, env: NodeJS.ProcessEnv = {}, folder?: string): Promise<Client> {
    const server = await startServer(home, folder === undefined ? undefined : { folder }, env);
    onTestFinished(() => server.stop().catch(() => {}));
    const token = await server.pair();
    return new Client(server, token, await TestClient.connect(server.port, token));
  }

  async ask(method: string, path = '', body?: unknown): Promise<Response> {
    return fetch(`${this.server.address}/api/models${path}`, {
      method,
      headers: {
        Authorization: `Bearer ${this.#token}`,
        Origin: PLUGIN_ORIGIN,
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  }

  async list(method = 'GET', path = '', body?: unknown): Promise<ModelList> {
    const response = await this.ask(method, path, body);
    const json = await response.json();
    expect(response.status, JSON.stringify(json)).toBeLessThan(300);
    return modelsSchema.parse(json);
  }

  /** The refusal's code. */
  async refusal(method: string, path: string, body?: unknown): Promise<unknown> {
    const response = await this.ask(method, path, body);
    expect(response.status).toBeGreaterThanOrEqual(400);
    const { code, advice } = (await response.json()) as { code: string; advice: string };
    expect(advice).not.toMatch(/npm run|likeness models/);
    return code;
  }

  async loras(): Promise<Loras['loras']> {
    const response = await fetch(`${this.server.address}${routes.loras}`, {
      headers: { Authorization: `Bearer ${this.#token}`, Origin: PLUGIN_ORIGIN },
    });
    return lorasSchema.parse(await response.json()).loras;
  }

  async card(name: string): Promise<ModelCard | undefined> {
    return (await this.list()).models.find((card) => card.name === name);
  }
}

const served = servedModel();
const hub = (hooks = {}) => localHub(served, { repository: REPOSITORY, licence: LICENCE, ...hooks });

describe('a pull that a client asks for', () => {
  it('wants the licence by name, and none but the model’s', async () => {
    const { endpoint, seen } = await hub();
    const client = await Client.open(await scratchFolder(), { HF_ENDPOINT: endpoint });
    expect(await client.refusal('POST', `/${NAME}/pull`, {})).toBe('message-format');
    expect(await client.refusal('POST', `/${NAME}/pull`, { licence: 'mit' })).toBe('input');
    expect(await client.refusal('POST', '/no-such-model/pull', { licence: 'mit' })).toBe(
      'checkpoint-missing',
    );
    expect(seen).toEqual([]);
  });

  it('ends where the hub has the model under another licence by now', async () => {
    const { endpoint, fetched } = await hub({ licence: 'agpl-3.0' });
    const client = await Client.open(await scratchFolder(), { HF_ENDPOINT: endpoint });
    await client.list('POST', `/${NAME}/pull`, { licence: LICENCE });
    await expect.poll(async () => (await client.card(NAME))?.task?.state).toBe('failed');
    expect((await client.card(NAME))!.task!.failure).toMatchObject({ code: 'input' });
    expect(fetched()).toEqual([]);
  });

  it('goes on without its client and after a pause, and a restart goes on with it', async () => {
    const home = await scratchFolder();
    const { endpoint, seen } = await hub(halfway(served, SHARD));
    const env = { HF_ENDPOINT: endpoint };
    const first = await Client.open(home, env);
    expect(await first.card(NAME)).toMatchObject({ place: 'offered', task: null, licence: { id: LICENCE } });
    await first.list('POST', `/${NAME}/pull`, { licence: LICENCE });
    await first.socket.until('model-progress', ({ task }) => task.bytes > 0);
    await first.socket.close();
    expect((await first.card(NAME))!.task).toMatchObject({ kind: 'pull', state: 'running' });
    const paused = await first.list('POST', `/${NAME}/pause`);
    const { bytes, totalBytes } = paused.models.find(({ name }) => name === NAME)!.task!;
    expect(bytes).toBeGreaterThan(0);
    expect(bytes).toBeLessThan(totalBytes);
    await first.server.stop();

    const second = await Client.open(home, env);
    expect((await second.card(NAME))!.task).toMatchObject({ state: 'paused', bytes, totalBytes });
    const before = seen.length;
    await second.list('POST', `/${NAME}/resume`);
    await second.socket.until('models-changed');
    await expect.poll(async () => (await second.card(NAME))?.place).toBe('fetched');
    expect((await second.card(NAME))!.task).toBeNull();
    const rest = seen.slice(before).find(({ path, server }) => server === 'storage' && path === SHARD);
    expect(rest!.headers.range).toMatch(/^bytes=[1-9]/);
  });

  it('that a stop has cut short goes on by itself, and one that is cancelled leaves nothing', async () => {
    const home = await scratchFolder();
    const { endpoint } = await hub(halfway(served, SHARD));
    const first = await Client.open(home, { HF_ENDPOINT: endpoint });
    await first.list('POST', `/${NAME}/pull`, { licence: LICENCE });
    await first.socket.until('model-progress', ({ task }) => task.bytes > 0);
    await first.server.stop();

    const other = await hub(halfway(served, SHARD));
    const second = await Client.open(home, { HF_ENDPOINT: other.endpoint });
    // It may have been told before this client came.
    await expect.poll(async () => (await second.card(NAME))?.task?.bytes).toBeGreaterThan(0);
    expect(readdirSync(join(home, 'models')).some((entry) => entry.endsWith('.pulling'))).toBe(true);
    const { models } = await second.list('DELETE', `/${NAME}/pull`);
    expect(models.find(({ name }) => name === NAME)).toMatchObject({ task: null, keptBytes: 0 });
    expect(readdirSync(join(home, 'models'))).toEqual([]);
  });
});

const embedded = join(EMBEDDED_MODELS, DEFAULT_MODEL);

describe('a model of another folder', () => {
  async function withCopy() {
    const home = await scratchFolder();
    const elsewhere = join(await scratchFolder(), 'my model');
    cpSync(join(EMBEDDED_MODELS, DEFAULT_MODEL), elsewhere, { recursive: true });
    return { client: await Client.open(home, {}, embedded), home, elsewhere };
  }

  it('is linked, checked, used by new jobs alone, and removed without its files', async () => {
    const { client, home, elsewhere } = await withCopy();
    const { queue, engine } = client.server;
    engine.free = false;
    await queue.submit('job-of-before', generateWish());
    await client.list('POST', '', { path: `"${elsewhere}"` });
    const added = await client.card('my model');
    expect(added).toMatchObject({ place: 'linked', path: elsewhere, inUse: false, fault: null });
    expect(lstatSync(join(home, 'models', 'my model')).isSymbolicLink()).toBe(true);
    // A second time it is the same one.
    await client.list('POST', '', { path: elsewhere });
    expect(readdirSync(join(home, 'models')).filter((entry) => !entry.startsWith('.'))).toEqual(['my model']);

    await client.list('POST', '/my%20model/check');
    await expect.poll(async () => (await client.card('my model'))?.task?.state).toBe('done');

    await queue.submit('job-that-waits', generateWish());
    await client.list('POST', '/my%20model/use');
    await client.socket.until('model-in-use', ({ model }) => model.name === 'my model');
    await client.socket.until('concepts-changed');
    await queue.submit('job-of-after', generateWish());
    engine.free = true;
    engine.letOn();
    await expect.poll(() => queue.get('job-of-after').status.state).toBe('done');
    expect(engine.requests.map(({ model }) => model)).toEqual([
      embedded,
      embedded,
      join(home, 'models', 'my model'),
    ]);
    expect(queue.get('job-that-waits').model).toBe('nano');

    expect(await client.refusal('DELETE', '/my%20model')).toBe('input');
    await client.list('POST', `/${DEFAULT_MODEL}/use`);
    await client.list('DELETE', '/my%20model');
    expect(await client.card('my model')).toBeUndefined();
    expect(existsSync(join(elsewhere, 'model_index.json'))).toBe(true);
  });

  it('is kept while jobs wait for it', async () => {
    const { client, elsewhere } = await withCopy();
    const { queue, engine } = client.server;
    engine.free = false;
    await client.list('POST', '', { path: elsewhere });
    await client.list('POST', '/my%20model/use');
    await queue.submit('job-of-mine', generateWish());
    await client.list('POST', `/${DEFAULT_MODEL}/use`);
    expect(await client.refusal('DELETE', '/my%20model')).toBe('input');
    await queue.cancel('job-of-mine');
    await expect.poll(() => queue.get('job-of-mine').status.state).toBe('cancelled');
    await client.list('DELETE', '/my%20model');
  });

  it('that a waiting job was asked for on and that is gone fails that job by name', async () => {
    const { client, elsewhere, home } = await withCopy();
    const { queue, engine } = client.server;
    engine.free = false;
    await client.list('POST', '', { path: elsewhere });
    await client.list('POST', '/my%20model/use');
    await queue.submit('job-of-mine', generateWish());
    await client.server.stop();
    await rm(join(home, 'models', 'my model'));
    const again = await Client.open(home);
    await expect
      .poll(() => again.server.queue.get('job-of-mine').status)
      .toMatchObject({
        state: 'failed',
        code: 'checkpoint-missing',
      });
  });

  it.each([
    ['a path that is none', 'models/mine', 'input'],
    ['another computer', '\\\\server\\share\\model', 'input'],
    ['another computer, as Unix writes it', '//server/share/model', 'input'],
    ['nothing', '/nowhere/at/all', 'checkpoint-missing'],
    ['a folder that is no model', '.', 'checkpoint-missing'],
    ['a file that is no model', 'notes.safetensors', 'checkpoint-format'],
  ])('is refused: %s', async (_, path, code) => {
    const home = await scratchFolder();
    const client = await Client.open(home);
    const folder = await scratchFolder();
    writeFileSync(join(folder, 'notes.safetensors'), 'no weights');
    const own = /^[.n]/.test(path) ? join(folder, path) : path;
    expect(await client.refusal('POST', '', { path: own })).toBe(code);
    expect(existsSync(join(home, 'models'))).toBe(false);
  });

  it.skipIf(process.platform === 'win32')(
    'whose name no client can use, or that cannot be opened, keeps none of the others from being listed',
    async () => {
      const home = await scratchFolder();
      for (const part of ['models', 'loras']) {
        const folder = join(home, part);
        mkdirSync(folder);
        for (const name of ['two\nlines', 'n'.repeat(230), 'plain'])
          writeFileSync(join(folder, `${name}.safetensors`), 'no weights');
        symlinkSync('loop.safetensors', join(folder, 'loop.safetensors'));
        symlinkSync('gone', join(folder, 'gone.safetensors'));
      }
      const model = join(home, 'models', 'mine');
      cpSync(embedded, model, { recursive: true });
      const settings = JSON.parse(readFileSync(join(model, 'likeness.json'), 'utf8')) as object;
      const licence = 'free for all, '.repeat(10);
      writeFileSync(join(model, 'likeness.json'), JSON.stringify({ ...settings, licence }));
      await writePlainLora(join(home, 'loras'));
      const client = await Client.open(home);
      const { models } = await client.list();
      const own = models.filter(({ place }) => place === 'fetched' || place === 'linked');
      expect(own.map(({ name, licence }) => [name, licence])).toEqual([
        ['gone', null],
        ['loop', null],
        ['mine', null],
        ['plain', null],
      ]);
      expect((await client.loras()).map(({ name }) => name)).toEqual(['downloaded']);
    },
  );

  it('whose drive is away is shown, and can be removed', async () => {
    const { client, elsewhere } = await withCopy();
    await client.list('POST', '', { path: elsewhere });
    await rm(elsewhere, { recursive: true });
    expect(await client.card('my model')).toMatchObject({
      place: 'linked',
      fault: { code: 'checkpoint-missing' },
    });
    expect(await client.refusal('POST', '/my%20model/use')).toBe('checkpoint-missing');
    await client.list('DELETE', '/my%20model');
  });
});

describe.each([
  { name: 'matting', list: 'backgroundRemovers', licence: 'mit' },
  { name: 'upscaler', list: 'upscalers', licence: 'apache-2.0' },
] as const)('the network $name', ({ name, list, licence }) => {
  it('is offered beside the models, got, checked and removed as they are, and no picture is made with it', async () => {
    const { endpoint } = await localHub(new Map(), { others: { ...servedMatting(), ...servedUpscaler() } });
    const home = await scratchFolder();
    const client = await Client.open(home, { HF_ENDPOINT: endpoint });
    const card = async () => (await client.list())[list][0]!;
    expect(await card()).toMatchObject({
      name,
      place: 'offered',
      licence: { id: licence },
      task: null,
    });
    expect((await client.list()).models.map((model) => model.name)).not.toContain(name);
    expect(await client.refusal('POST', `/${name}/pull`, { licence: 'agpl-3.0' })).toBe('input');
    await client.list('POST', `/${name}/pull`, { licence });
    await expect.poll(async () => (await card()).place).toBe('fetched');
    expect(await client.refusal('POST', `/${name}/use`)).toBe('checkpoint-missing');
    await client.list('POST', `/${name}/check`);
    await expect.poll(async () => (await card()).task?.state).toBe('done');
    const network = join(home, `models/${name}/onnx/model.onnx`);
    await rm(network);
    expect(await card()).toMatchObject({ place: 'fetched', fault: { code: 'checkpoint-missing' } });
    await client.list('DELETE', `/${name}`);
    expect(existsSync(join(home, `models/${name}`))).toBe(false);
    expect(await card()).toMatchObject({ place: 'offered', fault: null });
  });
});

describe('a LoRA of another program', () => {
  it('is kept under its file’s name, shown for the models that it fits, and removed', async () => {
    const home = await scratchFolder();
    const client = await Client.open(home);
    const path = await writePlainLora(await scratchFolder());
    await client.list('POST', '', { path });
    const loras = async () => (await client.loras()).map(({ name }) => name);
    expect(await loras()).toEqual(['downloaded']);
    expect(existsSync(path)).toBe(true);
    // The same name a second time would take the place of the first.
    expect(await client.refusal('POST', '', { path })).toBe('input');
    await client.list('DELETE', '/downloaded');
    expect(await loras()).toEqual([]);
  });
});

describe('models', () => {
  it('are for paired clients alone', async () => {
    const server = await startServer();
    onTestFinished(() => server.stop());
    const requests = [
      ['GET', ''],
      ['POST', ''],
      ['DELETE', `/${NAME}`],
      ['POST', `/${NAME}/pull`],
      ['DELETE', `/${NAME}/pull`],
      ['POST', `/${NAME}/pause`],
      ['POST', `/${NAME}/resume`],
      ['POST', `/${NAME}/check`],
      ['DELETE', `/${NAME}/check`],
      ['POST', `/${NAME}/use`],
    ];
    for (const [method, path] of requests) {
      const response = await fetch(`${server.address}/api/models${path}`, {
        method: method!,
        headers: { Origin: PLUGIN_ORIGIN },
      });
      expect(response.status, `${method} ${path}`).toBe(401);
    }
    const folder = await fetch(server.address + routes.modelFolder, { headers: { Origin: PLUGIN_ORIGIN } });
    expect(folder.status).toBe(401);
  });

  it('that came with Likeness stay, and so does what is no model', async () => {
    const home = await scratchFolder();
    mkdirSync(join(home, 'models', 'notes'), { recursive: true });
    const client = await Client.open(home);
    expect(await client.refusal('DELETE', `/${DEFAULT_MODEL}`)).toBe('input');
    expect(await client.refusal('DELETE', '/%2e%2e%2fconcepts')).toBe('message-format');
    expect(await client.refusal('DELETE', '/..')).toBe('message-format');
    expect(await client.card('notes')).toBeUndefined();
    // A client's mistake is no failure of the companion's.
    expect((await client.ask('DELETE', '/nobody')).status).toBe(404);
    expect(await client.server.log()).not.toContain('a request failed');
  });

  it('say one that is recommended, and that one fits', async () => {
    const client = await Client.open(await scratchFolder());
    const { models } = await client.list();
    expect(models.filter(({ fit }) => fit === 'recommended')).toHaveLength(1);
    expect(models.map(({ name }) => name)).toContain(NAME);
    expect(models.find(({ name }) => name === DEFAULT_MODEL)).toMatchObject({
      place: 'embedded',
      isDemonstration: true,
    });
  });
});
