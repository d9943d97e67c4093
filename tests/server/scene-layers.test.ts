/** Layers of a scene around a product over HTTP: those that were made, and nothing else that an address may name. */

import { beforeAll, expect, it } from 'vitest';
import { encodePng } from '../../companion/images/encode.ts';
import { plainPicture } from '../../companion/images/picture.ts';
import type { ClientMessageOf } from '../../shared/protocol/client-messages.ts';
import { smallConcept } from '../library/small-concept.ts';
import { sendRaw } from './raw-request.ts';
import { PLUGIN_ORIGIN, usePairedServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

const JOB = 'job-of-a-scene';
const running = usePairedServer();
let headers: Record<string, string>;

beforeAll(async () => {
  headers = { Authorization: `Bearer ${running.token}`, Origin: PLUGIN_ORIGIN };
  await running.library.add(smallConcept('aurora', 1));
  const image = 'image-cut-out';
  const body = (await encodePng(plainPicture(24, 48, [200, 40, 40]))) as Uint8Array<ArrayBuffer>;
  const sent = { method: 'POST', headers: { ...headers, 'Content-Type': 'image/png' }, body };
  expect((await fetch(`${running.address}/api/images/${image}?use=paint`, sent)).status).toBe(201);
  const client = await TestClient.connect(running.port, running.token);
  await client.until('welcome');
  const box = { x: 0.25, y: 0.25, width: 0.5, height: 0.5 };
  const scene: ClientMessageOf<'generate'> = {
    ...{ type: 'generate', job: JOB, prompt: 'on a beach', count: 1, seed: 1, strength: 1, mask: 'median' },
    product: { image, layout: { width: 32, height: 16 }, box },
    placement: { canvas: 'page-of-posters', node: '1:2' },
  };
  client.send(scene);
  const done = await client.until('job', ({ job }) => job.status.state === 'done');
  expect(done.job).toMatchObject({ request: { placement: scene.placement } });
});

const layer = (name: string, { job = JOB, picture = '0' } = {}) =>
  `/api/jobs/${job}/pictures/${picture}/layers/${name}`;

it.each(['scene', 'shadow', 'product'])('the layer %s is had as a PNG', async (name) => {
  const response = await fetch(`${running.address}${layer(name)}`, { headers });
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'image/png']);
  const bytes = new Uint8Array(await response.arrayBuffer());
  expect([...bytes.subarray(1, 4)]).toEqual([...Buffer.from('PNG')]);
  const bare = await fetch(`${running.address}${layer(name)}`, { headers: { Origin: PLUGIN_ORIGIN } });
  expect(bare.status).toBe(401);
});

it.each([
  ['a layer that was not asked for', layer('reflection'), 404],
  ['a layer that there is none of', layer('masks'), 400],
  ['a path out of the folder', layer('..%2f..%2fjob.json'), 400],
  ['a name with a zero', layer('scene%00.png'), 400],
  ['a file beside it', layer('scene.png'), 400],
  ['a property of every object', layer('__proto__'), 400],
  ['a layer in capitals', layer('SCENE'), 400],
  ['another picture', layer('scene', { picture: '1' }), 404],
  ['a picture below the first', layer('scene', { picture: '-1' }), 400],
  ['a picture that is no number', layer('scene', { picture: '0x0' }), 400],
  ['a number without end', layer('scene', { picture: '9'.repeat(400) }), 400],
  ['another job', layer('scene', { job: 'job-unknown' }), 404],
  ['a job outside of the folder', layer('scene', { job: '..%2f..%2fconcepts' }), 400],
  ['a job of an option', layer('scene', { job: '--version' }), 400],
] as const)('is refused: %s', async (_, path, status) => {
  const answer = await sendRaw({ port: running.port, path, headers });
  expect(answer.status).toBe(status);
  expect(answer.body).not.toContain('PNG');
});
