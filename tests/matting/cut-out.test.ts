import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { describe, expect, it, onTestFinished } from 'vitest';
import { teachSource } from '../../companion/cli/teach-source.ts';
import { Output } from '../../companion/cli/terminal/output.ts';
import { decodePicture } from '../../companion/images/decode.ts';
import { encodePng } from '../../companion/images/encode.ts';
import { alphaOf } from '../../companion/images/picture.ts';
import { Matting } from '../../companion/matting/cut-out.ts';
import { foregroundOf } from '../../companion/matting/foreground.ts';
import { MattingProcess } from '../../companion/matting/matting-process.ts';
import { findModel } from '../../companion/model-store/catalogue.ts';
import { dataFolders } from '../../companion/storage/folders.ts';
import { likeness, runInside, temporaryFolder } from '../cli/binary.ts';
import { startServer } from '../server/running-server.ts';
import { discOnGreen, endlessNetworkBytes, networkBytes, writeNetwork } from './small-network.ts';

async function networkFolder(answer?: Parameters<typeof writeNetwork>[1]): Promise<string> {
  const folder = temporaryFolder();
  await writeNetwork(folder, answer);
  return folder;
}

describe('a background', () => {
  it.each(['logits', 'shares'] as const)('is removed by a network that gives %s', async (answer) => {
    const matting = await Matting.open(await networkFolder(answer), { threads: 1 });
    const { width, height, channels, data } = await matting.cutOut(discOnGreen(240, 160));
    expect([width, height, channels]).toEqual([240, 160, 4]);
    const at = (x: number, y: number) => [...data.subarray((y * width + x) * 4, (y * width + x) * 4 + 4)];
    expect(at(120, 80)).toEqual([255, 0, 0, 255]);
    expect(at(10, 10)[3]).toBe(0);
    const share = alphaOf({ width, height, channels, data }).filter((value) => value > 127).length;
    expect(share / (Math.PI * 48 ** 2)).toBeCloseTo(1, 1);
  });

  it('does not shine through the soft edge', () => {
    const source = discOnGreen(200, 200);
    const alpha = Uint8Array.from({ length: 200 * 200 }, (_, pixel) => source.data[pixel * 3]!);
    const { data } = foregroundOf(source, alpha);
    const soft = [...alpha.keys()].filter((pixel) => alpha[pixel]! > 60 && alpha[pixel]! < 200);
    expect(soft.length).toBeGreaterThan(100);
    for (const pixel of soft) {
      // Of the green that was mixed in, a tenth may be left.
      expect(data[pixel * 4 + 1]).toBeLessThan(0.1 * 255);
      expect(data[pixel * 4]).toBeGreaterThan(0.9 * 255);
      expect(data[pixel * 4 + 3]).toBe(alpha[pixel]);
    }
  });

  it('is told where there is nothing but background, or none', async () => {
    const matting = await Matting.open(await networkFolder(), { threads: 1 });
    await expect(matting.cutOut(discOnGreen(64, 64, 0))).rejects.toThrow('no product stands out');
    await expect(matting.cutOut(discOnGreen(64, 64, 2))).rejects.toThrow('no background');
  });

  it('of a large photo is removed at a size to learn from', async () => {
    const matting = await Matting.open(await networkFolder(), { threads: 1 });
    expect(await matting.cutOut(discOnGreen(2600, 650))).toMatchObject({ width: 2048, height: 512 });
  });
});

describe('a network', () => {
  it('that is not there is named with the command that fetches it', async () => {
    await expect(Matting.open(temporaryFolder())).rejects.toMatchObject({
      code: 'checkpoint-missing',
      advice: expect.stringContaining('models pull matting'),
    });
  });

  it.each([
    ['three maps', 'checkpoint-unsupported'],
    ['no numbers', 'checkpoint-format'],
  ] as const)('that gives %s is refused', async (answer, code) => {
    const matting = await Matting.open(await networkFolder(answer), { threads: 1 });
    await expect(matting.cutOut(discOnGreen(64, 64))).rejects.toMatchObject({ code });
  });

  it.skipIf(process.platform === 'win32')('that is a pipe or a link that leads nowhere is none', async () => {
    const folder = temporaryFolder();
    await mkdir(join(folder, 'onnx'));
    execFileSync('mkfifo', [join(folder, 'onnx/model.onnx')]);
    await symlink('other.onnx', join(folder, 'onnx/other.onnx'));
    await expect(Matting.open(folder)).rejects.toMatchObject({ code: 'checkpoint-missing' });
  });

  it.each([
    ['no ONNX', async (folder: string) => writeFile(join(folder, 'onnx/model.onnx'), 'junk')],
    [
      'cut short',
      async (folder: string) => writeFile(join(folder, 'onnx/model.onnx'), networkBytes().subarray(0, 200)),
    ],
    [
      'without sense in its settings',
      async (folder: string) =>
        writeFile(join(folder, 'preprocessor_config.json'), '{"image_std": [0, "a"]}'),
    ],
  ])('that is %s is refused', async (_name, spoil) => {
    const folder = await networkFolder();
    await spoil(folder);
    await expect(Matting.open(folder)).rejects.toMatchObject({ code: 'checkpoint-format' });
  });
});

describe('the process', () => {
  it('takes pictures one after the other, names each in its errors, and goes on after one', async () => {
    const matting = new MattingProcess({ folder: await networkFolder(), threads: 1 });
    onTestFinished(() => matting.close());
    const all = await Promise.allSettled([
      matting.cutOut(discOnGreen(100, 100), 'one.png'),
      matting.cutOut(discOnGreen(100, 100, 0), 'two.png'),
      matting.cutOut(discOnGreen(80, 60), 'three.png'),
    ]);
    expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(String((all[1] as PromiseRejectedResult).reason)).toContain('two.png');
    expect((all[2] as PromiseFulfilledResult<unknown>).value).toMatchObject({ width: 80, channels: 4 });
  });

  it('ends itself over its memory, also while the network has the main thread', async () => {
    const watch = new URL('../../companion/matting/memory-watch.mjs', import.meta.url);
    const script = `const { Worker } = require('node:worker_threads');
      new Worker(new URL('${watch}'), { workerData: { maxBytes: 2 ** 20 } }).once('online', () => {
        for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      });`;
    const [, signal] = (await once(spawn(process.execPath, ['-e', script]), 'exit')) as [unknown, string];
    expect(signal).toBe('SIGKILL');
  });

  it('is ended where its network does not end, and then nothing waits for it, until there is another', async () => {
    const folder = await networkFolder();
    await writeFile(join(folder, 'onnx/model.onnx'), endlessNetworkBytes());
    const matting = new MattingProcess({ folder, threads: 1, firstRunMs: 5000 });
    onTestFinished(() => matting.close());
    const refused = { code: 'checkpoint-unsupported', message: expect.stringContaining('did not end') };
    const mask = { rows: 2, columns: 2, values: [0, 0, 0, 1] };
    const [first, second, byMask] = await Promise.allSettled([
      matting.cutOut(discOnGreen(100, 100), 'one.png'),
      matting.cutOut(discOnGreen(100, 100), 'two.png'),
      matting.cutOut(discOnGreen(100, 100), 'three.png', [mask]),
    ]);
    expect(first).toMatchObject({ reason: refused });
    expect(second).toMatchObject({ reason: refused });
    expect(byMask).toMatchObject({ value: { width: 100, channels: 4 } });
    await writeFile(join(folder, 'onnx/model.onnx'), networkBytes());
    expect(await matting.cutOut(discOnGreen(100, 100), 'four.png')).toMatchObject({ channels: 4 });
  });

  it('ends with who asked, and what it had is cancelled', async () => {
    const matting = new MattingProcess({ folder: await networkFolder(), threads: 1 });
    const answer = expect(matting.cutOut(discOnGreen(100, 100), 'one.png')).rejects.toMatchObject({
      code: 'cancelled',
    });
    // Its picture is on the way by then.
    await new Promise((resolve) => setTimeout(resolve, 50));
    matting.close();
    await answer;
  });
});

describe('likeness cut-out', () => {
  it('writes transparent pictures beside the photos, and leaves out what is cut out already', async () => {
    const home = temporaryFolder();
    await writeNetwork(join(home, 'data/models/matting'));
    const photos = join(home, 'photos');
    await mkdir(photos);
    await writeFile(join(photos, 'front.png'), await encodePng(discOnGreen(120, 90)));
    await writeFile(join(photos, 'side.png'), await encodePng(discOnGreen(90, 120)));
    const { stdout, exitCode } = await likeness(['cut-out', 'photos', '--threads', '1'], { home });
    expect(exitCode).toBe(0);
    const out = join(home, 'likeness-cut-outs');
    expect((await readdir(out)).sort()).toEqual(['front.png', 'side.png']);
    expect(stdout).toContain(join(out, 'front.png'));
    expect(await decodePicture(join(out, 'front.png'))).toMatchObject({
      width: 120,
      height: 90,
      channels: 4,
    });
    const again = await likeness(['cut-out', out, '--threads', '1', '--out', 'more'], { home });
    expect(again.stderr).toContain('front.png is cut out already');
  });

  it('is part of teaching, where it is asked for', async () => {
    const home = temporaryFolder();
    const photo = join(home, 'front.png');
    await writeFile(photo, await encodePng(discOnGreen(120, 90)));
    const without = await runInside(
      ['teach', photo, '--name', 'disc', '--class', 'ball', '--cut-out', '--device', 'cpu'],
      { home },
    );
    expect(without.stderr).toContain('models pull matting');
    const folders = dataFolders({ LIKENESS_HOME: join(home, 'data') });
    await writeNetwork(join(folders.models, 'matting'));
    const output = new Output({ stdout: new PassThrough(), stderr: new PassThrough() }, false, {});
    const model = await findModel(undefined, folders);
    const flags = { name: 'disc', class: 'ball', cutOut: true, threads: 1 } as const;
    const { references } = await teachSource([photo], flags, { model, folders, output });
    expect(references[0]!.pixels).toMatchObject({ width: 120, height: 90, channels: 4 });
    expect(references[0]!.findings.map(({ code }) => code)).not.toContain('own-background');
    await expect(teachSource(['@disc'], { cutOut: true }, { model, folders, output })).rejects.toMatchObject({
      code: 'input',
      message: expect.stringContaining('--cut-out'),
    });
  });

  it('says what to do where no network is there', async () => {
    const home = temporaryFolder();
    await writeFile(join(home, 'front.png'), await encodePng(discOnGreen(120, 90)));
    const { stderr, exitCode } = await runInside(['cut-out', join(home, 'front.png')], { home });
    expect(stderr).toContain('models pull matting');
    expect(exitCode).not.toBe(0);
  });
});

describe('over HTTP', () => {
  it('a client gets its photo back without its background, and a stranger nothing', async () => {
    const running = await startServer();
    onTestFinished(() => running.stop());
    const token = await running.pair();
    const body = Buffer.from(await encodePng(discOnGreen(120, 90)));
    const ask = (headers: Readonly<Record<string, string>>) =>
      fetch(`${running.address}/api/cut-outs`, {
        method: 'POST',
        body,
        headers: { Origin: 'null', ...headers },
      });
    expect((await ask({})).status).toBe(401);
    const missing = await ask({ Authorization: `Bearer ${token}` });
    const advice = expect.stringContaining('under Models');
    expect(await missing.json()).toMatchObject({ code: 'checkpoint-missing', advice });
    await writeNetwork(join(running.home, 'models/matting'));
    const answer = await ask({ Authorization: `Bearer ${token}` });
    expect(answer.headers.get('content-type')).toBe('image/png');
    expect(await decodePicture(new Uint8Array(await answer.arrayBuffer()))).toMatchObject({
      width: 120,
      height: 90,
      channels: 4,
    });
  });
});
