import { describe, expect, it } from 'vitest';
import type { ClientMessageOf } from '../../shared/protocol/client-messages.ts';
import { importedPresetsSchema, presetsSchema } from '../../shared/protocol/preset.ts';
import { smallConcept } from '../library/small-concept.ts';
import { PLUGIN_ORIGIN, usePairedServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

const running = usePairedServer();

function ask(path: string, method = 'GET', body?: unknown): Promise<Response> {
  const headers = {
    Authorization: `Bearer ${running.token}`,
    Origin: PLUGIN_ORIGIN,
    'Content-Type': 'application/json',
  };
  return fetch(`${running.address}${path}`, {
    ...{ method, headers },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

const CATALOGUE: ClientMessageOf<'catalogue'> = {
  type: 'catalogue',
  job: 'job-of-cells',
  products: ['aurora'],
  scenes: ['on a beach', 'on grass'],
  sizes: [{ width: 16, height: 8 }],
  seeds: [0],
  strength: 1,
  mask: 'median',
};

describe('a catalogue on the wire', () => {
  it('has messages of its own, so that clients of two kinds of jobs pass it over', async () => {
    await running.library.add(smallConcept('aurora', 1));
    const client = await TestClient.connect(running.port, running.token);
    await client.until('welcome');
    client.send(CATALOGUE);
    const done = await client.until('catalogue', ({ job }) => job.status.state === 'done');
    expect(done.job.pictures.map(({ picture }) => picture)).toEqual([0, 1]);
    const png = await ask('/api/jobs/job-of-cells/pictures/1');
    expect([png.status, png.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect((await ask('/api/jobs/job-of-cells/pictures/2')).status).toBe(404);

    const late = await TestClient.connect(running.port, running.token);
    const welcome = await late.until('welcome');
    expect(welcome.jobs).toEqual([]);
    expect(welcome.catalogues).toMatchObject([{ job: 'job-of-cells', kind: 'catalogue' }]);
    late.send({ ...CATALOGUE, scenes: ['elsewhere'] });
    expect(await late.until('error')).toMatchObject({ code: 'job-conflict' });
    const page = await (await ask('/api/jobs?search=grass')).json();
    expect(page).toMatchObject({ jobs: [], catalogues: [{ job: 'job-of-cells' }] });
  });
});

describe('presets over HTTP', () => {
  it('are added, replaced by name and removed', async () => {
    expect(presetsSchema.parse(await (await ask('/api/presets')).json())).toEqual({ presets: [] });
    const spring = { name: 'Spring / 50 %', scenes: ['on a beach'], light: 'soft light' };
    const file = { schema: 1, presets: [spring] };
    const first = await ask('/api/presets', 'POST', file);
    expect(importedPresetsSchema.parse(await first.json())).toEqual({ presets: [spring], replaced: [] });
    const second = await ask('/api/presets', 'POST', file);
    expect(await second.json()).toMatchObject({ replaced: ['Spring / 50 %'] });
    const address = `/api/presets/${encodeURIComponent(spring.name)}`;
    expect((await ask(address, 'DELETE')).status).toBe(204);
    expect((await ask(address, 'DELETE')).status).toBe(400);
    expect(await (await ask('/api/presets')).json()).toEqual({ presets: [] });
  });

  it.each([{}, { schema: 2, presets: [] }, { schema: 1, presets: [{ name: '' }] }, []])(
    '%j are refused',
    async (body) => {
      expect((await ask('/api/presets', 'POST', body)).status).toBe(400);
    },
  );
});
