import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { constants, getPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { writeConcept } from '../../companion/concepts/concept-file.ts';
import { resolvePrompt } from '../../companion/concepts/resolved-prompt.ts';
import type { GenerateEvent, TeachEvent } from '../../companion/engine/events.ts';
import { EngineProcess } from '../../companion/engine/process/engine-process.ts';
import type { GenerateRequest, TeachRequest } from '../../companion/engine/requests.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import { picture } from '../../companion/images/picture.ts';
import { encodeReference } from '../../companion/images/references/reference-image.ts';
import { nanoModel, needsNano, withoutNano } from './golden-model.ts';

let folder: string;
let frame: string;
let engine: EngineProcess;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'likeness-process-'));
  frame = join(folder, 'frame.pixels');
  const data = Uint8Array.from({ length: 48 * 48 * 3 }, (_, index) => (index * 37) % 251);
  const pixels = picture(48, 48, 3, data);
  await writeFile(frame, encodeReference({ name: 'frame', pixels, findings: [] }));
  engine = new EngineProcess();
});
afterAll(async () => {
  await engine.close();
  await rm(folder, { recursive: true, force: true });
});

const common = () =>
  ({ model: nanoModel, device: 'cpu', threads: 1, cacheFolder: join(folder, 'cache') }) as const;

function generation(changes: Partial<GenerateRequest> = {}): GenerateRequest {
  return {
    ...common(),
    prompt: resolvePrompt('a beach', []),
    negativePrompt: '',
    count: 1,
    seed: 3,
    strength: 1,
    settings: { steps: 3 },
    ...changes,
  };
}

function teaching(name: string, changes: Partial<TeachRequest> = {}): TeachRequest {
  return {
    ...common(),
    references: [frame],
    name,
    classWord: 'toy',
    stateFile: join(folder, `${name}.state`),
    settings: { steps: 8, trainTokenEmbedding: true },
    seed: 1,
    mirror: false,
    ...changes,
  };
}

/** More than any test waits for. */
const ENDLESS = { settings: { steps: 100_000 } };

async function collect<T extends { readonly type: string }>(events: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const event of events) all.push(event);
  return all;
}

const typesOf = (events: readonly { readonly type: string }[]) => events.map(({ type }) => type);

/** Runs until the first step and lets `act` happen there. The error that ends the run. */
async function interrupt(
  events: AsyncIterable<TeachEvent | GenerateEvent>,
  act: () => void,
): Promise<unknown> {
  let acted = false;
  try {
    for await (const { type } of events) {
      if (type === 'step' && !acted) act();
      acted ||= type === 'step';
    }
  } catch (error) {
    return error;
  }
  throw new Error('ran to its end');
}

describe.skipIf(withoutNano)(`the engine process, ${needsNano}`, () => {
  it('streams what generating says, in order, with a PNG and no pixels', async () => {
    const events = await collect(engine.generate(generation()));
    const types = typesOf(events).filter((type) => type !== 'preparing');
    expect(types).toEqual(['model', 'prompt', 'step', 'step', 'step', 'picture']);
    const last = events.at(-1) as Extract<GenerateEvent, { type: 'picture' }>;
    expect(last).not.toHaveProperty('image');
    const { width, height, data } = await decodePicture(last.png);
    expect([width, height]).toEqual([last.width, last.height]);
    expect(new Set(data).size).toBeGreaterThan(10);
  });

  it('lets the design tool go first', async () => {
    await collect(engine.generate(generation()));
    expect(getPriority(engine.pid!)).toBe(constants.priority.PRIORITY_BELOW_NORMAL);
  });

  it.skipIf(process.platform !== 'linux')('asks for large pages of memory', async () => {
    await collect(engine.generate(generation()));
    expect(await readFile(`/proc/${engine.pid}/environ`, 'utf8')).toContain('glibc.malloc.hugetlb=1');
  });

  it('keeps the process from run to run', async () => {
    await collect(engine.generate(generation()));
    const { pid } = engine;
    const again = await collect(engine.generate(generation({ seed: 4 })));
    expect(typesOf(again)).toContain('picture');
    expect(engine.pid).toBe(pid);
  });

  it('teaches, shows samples as it learns, and uses what it taught', async () => {
    const events = await collect(engine.teach(teaching('aurora', { samples: true })));
    const samples = events.filter((event) => event.type === 'validation-image');
    expect(samples.map(({ step }) => step)).toEqual([2, 4, 6, 8]);
    expect(samples[3]!.image.data).not.toEqual(samples[0]!.image.data);
    const [taught, path] = [events.at(-1)!, join(folder, 'aurora.safetensors')];
    if (taught.type !== 'taught') throw new Error('not taught');
    await writeConcept(path, taught.concept);
    const known = [{ name: 'aurora', path }];
    const prompt = resolvePrompt('@aurora on a beach', known);
    const pictures = await collect(engine.generate(generation({ prompt })));
    expect(pictures.at(-1)).toMatchObject({ type: 'picture', masks: [{ concept: 'aurora' }] });
  });

  it('learns the same with and without samples, also when it was cancelled and resumed', async () => {
    const whole = await collect(engine.teach(teaching('plain')));
    const controller = new AbortController();
    const watched = teaching('watched', { samples: true });
    const parted = engine.teach({ ...watched, signal: controller.signal });
    const error = await interrupt(parted, () => controller.abort());
    expect(error).toMatchObject({ code: 'cancelled' });
    expect(existsSync(watched.stateFile)).toBe(true);
    const rest = await collect(engine.teach(watched));
    expect(typesOf(rest)).toContain('resumed');
    const [plain, resumed] = [whole, rest].map((events) => events.at(-1)!);
    if (plain!.type !== 'taught' || resumed!.type !== 'taught') throw new Error('not taught');
    expect([...resumed!.concept.factors]).toEqual([...plain!.concept.factors]);
    expect(existsSync(watched.stateFile)).toBe(true);
  });

  it('stops between two steps when it is cancelled, and the process lives on', async () => {
    await collect(engine.generate(generation()));
    const { pid } = engine;
    const controller = new AbortController();
    const events = engine.generate(generation({ settings: { steps: 900 }, signal: controller.signal }));
    expect(await interrupt(events, () => controller.abort())).toMatchObject({ code: 'cancelled' });
    expect(engine.pid).toBe(pid);
  });

  it('cancels when the loop is left', async () => {
    for await (const { type } of engine.teach(teaching('left', ENDLESS))) if (type === 'step') break;
    expect(typesOf(await collect(engine.generate(generation())))).toContain('picture');
  });

  it.each(['SIGKILL', 'SIGSEGV', 'SIGTERM'] as const)('fails the one run that %s hits', async (signal) => {
    const error = await interrupt(engine.teach(teaching(`hit-by-${signal.toLowerCase()}`, ENDLESS)), () =>
      process.kill(engine.pid!, signal),
    );
    expect(error).toMatchObject({
      code: 'engine',
      advice: expect.stringMatching(/again/),
      cause: { name: 'EngineExit', signal, reason: signal === 'SIGKILL' ? 'memory' : 'signal' },
    });
    expect(typesOf(await collect(engine.generate(generation())))).toContain('picture');
  });

  it('ends at once when it is told to', async () => {
    const error = await interrupt(engine.teach(teaching('killed', ENDLESS)), () => engine.kill());
    expect(error).toMatchObject({ code: 'cancelled' });
  });

  it('refuses a second run while one is going on', async () => {
    const first = engine.generate(generation());
    await first.next();
    await expect(engine.generate(generation()).next()).rejects.toMatchObject({
      code: 'engine',
      message: 'the engine is busy generating',
    });
    expect(typesOf(await collect(first))).toContain('picture');
  });

  it('passes on what the engine refuses, code and advice, and lives on', async () => {
    await collect(engine.generate(generation()));
    const { pid } = engine;
    const refused = engine.generate(generation({ settings: { steps: 3, decoder: 'fast' } }));
    await expect(collect(refused)).rejects.toMatchObject({ code: 'input', advice: expect.any(String) });
    expect(engine.pid).toBe(pid);
  });

  it('gives way to another model, and says so when it is not there', async () => {
    const missing = engine.generate(generation({ model: join(folder, 'nowhere') }));
    await expect(collect(missing)).rejects.toMatchObject({ code: 'checkpoint-missing' });
    expect(typesOf(await collect(engine.generate(generation())))).toContain('picture');
  });
});

describe('an engine process that misbehaves', () => {
  let strange: EngineProcess;
  afterEach(() => strange.close());

  /** A process with this for a program. It says `model` as its first event. */
  async function program(source: string, options: { idleMs?: number; graceMs?: number } = {}) {
    const file = join(folder, `engine-${source.length}.mjs`);
    const hello = `process.on('message', ({ type, run }) => {
      if (type !== 'cancel') process.send({ type: 'event', run, event: { type: 'step' } });
      (${source})(type, run);
    });`;
    await writeFile(file, hello);
    strange = new EngineProcess({ ...options, entry: new URL(`file://${file}`) });
    return strange;
  }

  it('is killed when it does not stop', async () => {
    const engine = await program('() => setInterval(() => {}, 1000)', { graceMs: 50 });
    const controller = new AbortController();
    const events = engine.generate(generation({ signal: controller.signal }));
    expect(await interrupt(events, () => controller.abort())).toMatchObject({ code: 'cancelled' });
  });

  it('is killed when it does not stop, also by a loop that was left', async () => {
    const engine = await program('() => { for (;;); }', { graceMs: 50 });
    for await (const _ of engine.generate(generation())) break;
    expect(engine.pid).toBeUndefined();
  });

  it.each([
    ['an uncaught error', `() => { throw new Error('out of order'); }`, 'exit', /out of order/],
    ['an exit', '() => process.exit(3)', 'exit', /^$/],
    [
      'too little memory',
      `() => { process.stderr.write('JavaScript heap out of memory'); process.abort(); }`,
      'memory',
      /heap/,
    ],
  ])('fails its run with a cause: %s', async (_, source, reason, stderr) => {
    const engine = await program(source);
    await expect(collect(engine.generate(generation()))).rejects.toMatchObject({
      code: 'engine',
      cause: { reason, stderr: expect.stringMatching(stderr) },
    });
    expect(engine.pid).toBeUndefined();
  });

  it('is replaced after a bug, whatever state it is in', async () => {
    const engine = await program(
      `(type, run) => process.send({ type: 'failed', run, failure: { message: 'internal: oh' } })`,
    );
    await expect(collect(engine.generate(generation()))).rejects.toThrow('internal: oh');
    expect(engine.pid).toBeUndefined();
  });

  it('ends after a while without work, and is started again by the next run', async () => {
    const engine = await program(`(type, run) => process.send({ type: 'done', run })`, { idleMs: 1 });
    await collect(engine.generate(generation()));
    const { pid } = engine;
    await expect.poll(() => engine.pid).toBeUndefined();
    await expect.poll(() => isAlive(pid!)).toBe(false);
    expect(typesOf(await collect(engine.generate(generation())))).toEqual(['step']);
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGSEGV'] as const)(
    'that %s ends while it is idle costs the next run nothing, however soon that comes',
    async (signal) => {
      const engine = await program(`(type, run) => process.send({ type: 'done', run })`);
      for (const waitMs of [0, 0, 1, 2, 5, 10, 20, 50]) {
        await collect(engine.generate(generation()));
        process.kill(engine.pid!, signal);
        await new Promise((resolve) => setTimeout(resolve, waitMs));
        expect(typesOf(await collect(engine.generate(generation())))).toEqual(['step']);
      }
    },
  );

  it('that dies at each start fails its run, at the second', async () => {
    const file = join(folder, 'engine-dying.mjs');
    const starts = join(folder, 'starts');
    await writeFile(
      file,
      `import { appendFileSync } from 'node:fs'; appendFileSync(${JSON.stringify(starts)}, '.'); process.exit(7);`,
    );
    strange = new EngineProcess({ entry: new URL(`file://${file}`) });
    await expect(collect(strange.generate(generation()))).rejects.toMatchObject({
      code: 'engine',
      cause: { reason: 'exit', exitCode: 7 },
    });
    expect((await readFile(starts, 'utf8')).length).toBe(2);
  });

  it('that dies after it took the run up is not asked again', async () => {
    const file = join(folder, 'engine-accepting.mjs');
    const starts = join(folder, 'accepted');
    await writeFile(
      file,
      `import { appendFileSync } from 'node:fs';
      process.on('message', ({ run }) => {
        appendFileSync(${JSON.stringify(starts)}, '.');
        process.send({ type: 'accepted', run }, () => process.exit(7));
      });`,
    );
    strange = new EngineProcess({ entry: new URL(`file://${file}`) });
    await expect(collect(strange.generate(generation()))).rejects.toMatchObject({ code: 'engine' });
    expect((await readFile(starts, 'utf8')).length).toBe(1);
  });

  it('is not left behind by a companion that closes, and its run counts as cancelled', async () => {
    const engine = await program('() => setInterval(() => {}, 1000)', { graceMs: 50 });
    const events = engine.generate(generation());
    await events.next();
    const { pid } = engine;
    await engine.close();
    expect(isAlive(pid!)).toBe(false);
    await expect(events.next()).rejects.toMatchObject({ code: 'cancelled' });
    await expect(engine.generate(generation()).next()).rejects.toMatchObject({ code: 'cancelled' });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it.skipIf(process.platform === 'win32')('leaves Ctrl-C on the terminal to its companion', async () => {
  const fresh = new EngineProcess();
  const refused = async () => {
    const events = fresh.generate(generation({ model: join(folder, 'nowhere') }));
    await expect(events.next()).rejects.toMatchObject({ code: 'checkpoint-missing' });
  };
  await refused();
  const { pid } = fresh;
  process.kill(pid!, 'SIGINT');
  await refused();
  expect(fresh.pid).toBe(pid);
  await fresh.close();
});
