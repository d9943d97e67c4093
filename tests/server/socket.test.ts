import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ClientMessageOf } from '../../shared/protocol/client-messages.ts';
import { PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';
import { uploads } from '../jobs/opened-queue.ts';
import { type RunningServer, startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

let running: RunningServer;
beforeEach(async () => {
  running = await startServer();
});
afterEach(() => running.stop());

const JOB = 'job-of-this-test';

function generate(job = JOB): ClientMessageOf<'generate'> {
  return {
    type: 'generate',
    job,
    prompt: 'a toy on a beach',
    count: 2,
    seed: 40,
    strength: 1,
    mask: 'median',
  };
}

async function startTeaching(client: TestClient): Promise<void> {
  for (const [image, { bytes }] of await uploads()) client.upload(image, bytes);
  // Without waiting: messages of one socket are answered in their order.
  const images = ['image-one', 'image-two'];
  client.send({ type: 'teach', job: JOB, name: 'aurora', classWord: 'toy', images });
}

const isDone = ({ job }: { job: { status: { state: string } } }) => job.status.state === 'done';

describe('a socket', () => {
  it('is welcomed with the model, the limits and no jobs', async () => {
    const client = await TestClient.connect(running.port, await running.pair());
    const welcome = await client.until('welcome');
    expect(welcome).toMatchObject({
      protocol: PROTOCOL_VERSION,
      model: { name: 'nano' },
      device: 'auto',
      jobs: [],
    });
    expect(welcome.limits.imageMaxSide).toBe(4096);
  });

  it('is refused with `version` when it speaks another one, whatever else it says', async () => {
    const client = new TestClient(running.port);
    await client.opened();
    client.socket.send('{"type":"hello","protocol":99,"something":"of tomorrow"}');
    expect(await client.until('refused')).toMatchObject({ code: 'version', advice: expect.any(String) });
    expect(await client.closed).toBe(1008);
  });

  it('has the model made ready for what is being written, and gets no answer but those to what follows', async () => {
    const client = await TestClient.connect(running.port, await running.pair());
    const { type: _, job: __, count: ___, seed: ____, strength: _____, ...needs } = generate();
    client.send({ type: 'prepare', ...needs });
    client.send({ type: 'prepare', ...needs, prompt: '@nobody on a beach' });
    client.send({ type: 'ping' });
    await client.until('pong');
    await expect.poll(() => running.engine.prepared).toMatchObject([{ settings: { mask: 'median' } }]);
  });

  it('that comes in the middle of a teaching is told how it was learned so far', async () => {
    running.engine.free = false;
    const token = await running.pair();
    const client = await TestClient.connect(running.port, token);
    await startTeaching(client);
    const learned = (wanted: number) => {
      running.engine.letOn();
      return client.until('progress', ({ phase, step }) => phase === 'teaching' && step === wanted);
    };
    await client.until('progress', ({ phase }) => phase === 'preparing');
    await learned(1);
    await learned(2);
    const late = await TestClient.connect(running.port, token);
    const points = [
      [1, 1],
      [2, 0.5],
    ];
    expect(await late.until('learning-curve')).toEqual({ type: 'learning-curve', job: JOB, points });
    expect((await late.until('progress')).step).toBe(2);
    expect(late.told.map(({ type }) => type)).toEqual(['challenge', 'welcome', 'learning-curve', 'progress']);
    running.engine.free = true;
    running.engine.letOn();
    await late.until('job', isDone);
    const after = await TestClient.connect(running.port, token);
    after.send({ type: 'ping' });
    await after.until('pong');
    // The library may say now that it has the concept; of the teaching there is nothing left to say.
    const told = after.told.map(({ type }) => type).filter((type) => type !== 'concepts-changed');
    expect(told).toEqual(['challenge', 'welcome', 'pong']);
  });

  it('teaches from uploaded images, and tells every client', async () => {
    const token = await running.pair();
    const client = await TestClient.connect(running.port, token);
    const watching = await TestClient.connect(running.port, token);
    await startTeaching(client);
    // Looked at beside each other: which is done first is left open.
    await client.until('image-received', ({ image }) => image === 'image-one');
    const { job } = await watching.until('job', isDone);
    expect(job).toMatchObject({ kind: 'teach', taught: { concept: { name: 'aurora', version: 1 } } });
    await watching.until('concepts-changed');
    expect(watching.told.filter(({ type }) => type === 'progress').length).toBeGreaterThan(0);
  });

  it('generates: previews, pictures and masks arrive as frames', async () => {
    const client = await TestClient.connect(running.port, await running.pair());
    client.send(generate());
    await client.until('job', isDone);
    const pictures = await client.untilFrames(2, 'picture');
    expect(pictures.map(({ header }) => header)).toMatchObject([
      { job: JOB, picture: 0, seed: 40 },
      { job: JOB, picture: 1, seed: 41 },
    ]);
    const mask = (await client.untilFrames(2, 'mask'))[0]!;
    expect(mask.header).toMatchObject({ concept: 'aurora', rows: 1, columns: 2 });
    expect([...mask.payload]).toEqual([0, 255]);
    expect((await client.untilFrames(1, 'preview')).length).toBeGreaterThan(0);
  });

  it('that comes back finds its job, how far it is, and its pictures again', async () => {
    const token = await running.pair();
    running.engine.free = false;
    const before = await TestClient.connect(running.port, token);
    before.send(generate());
    await before.until('job', ({ job }) => job.status.state === 'running');
    await before.close();

    const after = await TestClient.connect(running.port, token);
    const { jobs } = await after.until('welcome');
    expect(jobs).toMatchObject([{ job: JOB, status: { state: 'running' } }]);
    expect(await after.until('progress')).toMatchObject({ job: JOB });
    running.engine.free = true;
    running.engine.letOn();
    await after.until('job', isDone);
    await after.close();

    const late = await TestClient.connect(running.port, token);
    late.send({ type: 'resend', job: JOB });
    expect(await late.untilFrames(2, 'picture')).toHaveLength(2);
    expect(await late.untilFrames(2, 'mask')).toHaveLength(2);
  });

  it('may send a job again, and is told where it stands instead of having it done twice', async () => {
    const client = await TestClient.connect(running.port, await running.pair());
    client.send(generate());
    await client.until('job', isDone);
    client.told.length = 0;
    client.send(generate());
    expect((await client.until('job')).job.status.state).toBe('done');
    expect(running.engine.requests).toHaveLength(1);
    client.send({ ...generate(), seed: 41 });
    expect(await client.until('error')).toMatchObject({ code: 'job-conflict', job: JOB });
  });

  it('reorders and cancels', async () => {
    running.engine.free = false;
    const client = await TestClient.connect(running.port, await running.pair());
    for (const job of ['job-first', 'job-second', 'job-third']) client.send(generate(job));
    await client.until('job', ({ job }) => job.job === 'job-third');
    client.send({ type: 'move', job: 'job-third', before: 'job-second' });
    await client.until(
      'job',
      ({ job: { job, status } }) => job === 'job-second' && 'position' in status && status.position === 1,
    );
    client.send({ type: 'cancel', job: 'job-third' });
    await client.until(
      'job',
      ({ job: { job, status } }) => job === 'job-third' && status.state === 'cancelled',
    );
    client.send({ type: 'clear-waiting' });
    await client.until(
      'job',
      ({ job: { job, status } }) => job === 'job-second' && status.state === 'cancelled',
    );
    expect(running.queue.get('job-first').status.state).toBe('running');
    client.send({ type: 'resume', job: 'job-second' });
    expect(await client.until('error')).toMatchObject({ code: 'input', advice: 'Teach it again.' });
  });

  it('is told what was wrong with a request, and stays open', async () => {
    const client = await TestClient.connect(running.port, await running.pair());
    client.send({ type: 'teach', job: JOB, name: 'aurora', classWord: 'toy', images: ['image-nowhere'] });
    expect(await client.until('error')).toMatchObject({ code: 'image-unknown', job: JOB });
    client.send({ type: 'cancel', job: 'job-nowhere' });
    expect(await client.until('error', ({ code }) => code === 'job-unknown')).toMatchObject({
      job: 'job-nowhere',
    });
    client.send({ type: 'ping' });
    await client.until('pong');
  });

  it('cannot name an image that another client uploaded', async () => {
    const one = await TestClient.connect(running.port, await running.pair('one'));
    const other = await TestClient.connect(running.port, await running.pair('other'));
    const bytes = (await uploads()).get('image-one')!.bytes;
    one.upload('image-one', bytes);
    await one.until('image-received');
    other.send({ type: 'teach', job: JOB, name: 'aurora', classWord: 'toy', images: ['image-one'] });
    expect(await other.until('error')).toMatchObject({ code: 'image-unknown' });
  });

  it('is told goodbye when the companion stops', async () => {
    const client = await TestClient.connect(running.port, await running.pair());
    await running.server.close();
    expect(await client.closed).toBe(1001);
    expect(client.told.at(-1)).toEqual({ type: 'goodbye' });
  });

  it('of a revoked client is closed', async () => {
    const token = await running.pair();
    const client = await TestClient.connect(running.port, token);
    const headers = { Authorization: `Bearer ${token}` };
    const { clients } = (await (await fetch(`${running.address}/api/clients`, { headers })).json()) as {
      clients: { id: string; you: boolean }[];
    };
    expect(clients).toMatchObject([{ label: 'Figma plugin', you: true }]);
    await fetch(`${running.address}/api/clients/${clients[0]!.id}`, { method: 'DELETE', headers });
    expect(await client.closed).toBe(1008);
    expect((await fetch(`${running.address}/api/jobs`, { headers })).status).toBe(401);
  });
});
