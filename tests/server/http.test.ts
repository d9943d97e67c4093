import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { decodeInProcess } from '../../companion/images/decode.ts';
import { alphaOf } from '../../companion/images/picture.ts';
import { openSafetensors } from '../../companion/tensor/safetensors-file.ts';
import { imageKind } from '../../shared/image-kind.ts';
import { type ConceptSummary, conceptSummarySchema } from '../../shared/protocol/concept.ts';
import {
  conceptsSchema,
  exportSchema,
  healthSchema,
  historySchema,
  importedConceptSchema,
  thumbnailsSchema,
} from '../../shared/protocol/http.ts';
import { THUMBNAILS_MAX } from '../../shared/protocol/limits.ts';
import { ended, generateWish, uploads } from '../jobs/opened-queue.ts';
import { smallConcept, writePlainLora, writeSmallConcept } from '../library/small-concept.ts';
import { PLUGIN_ORIGIN, usePairedServer } from './running-server.ts';

const running = usePairedServer();

function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { Authorization: `Bearer ${running.token}`, Origin: PLUGIN_ORIGIN, ...init.headers };
  return fetch(`${running.address}${path}`, { ...init, headers });
}

function send(method: string, body: unknown): RequestInit {
  return { method, body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } };
}

async function bytesOf(response: Response): Promise<Uint8Array> {
  return new Uint8Array(await response.arrayBuffer());
}

async function importConcept(name: string, weight: number): Promise<ConceptSummary> {
  const body = await readFile(await writeSmallConcept(running.home, name, weight));
  const response = await ask('/api/concepts', { method: 'POST', body });
  expect(response.status).toBe(201);
  return conceptSummarySchema.parse(await response.json());
}

describe('health', () => {
  it('says who it is and what it speaks, and nothing else', async () => {
    const response = await fetch(`${running.address}/health`);
    const text = await response.text();
    expect(healthSchema.parse(JSON.parse(text))).toEqual({ name: 'likeness', protocol: 4 });
    expect(Object.keys(JSON.parse(text))).toEqual(['name', 'protocol']);
  });

  it.each(['127.0.0.1', '[::1]'])('answers on %s', async (host) => {
    expect((await fetch(`http://${host}:${running.port}/health`)).status).toBe(200);
  });
});

describe('concepts over HTTP', () => {
  it('are imported, listed, found, changed, exported, removed and restored', async () => {
    const concept = await importConcept('aurora', 1);
    expect(concept).toMatchObject({ name: 'aurora', classWord: 'bottle', version: 1, usable: true });
    await importConcept('summit', 2);

    const listed = conceptsSchema.parse(await (await ask('/api/concepts')).json());
    expect(listed.concepts.map(({ name }) => name)).toEqual(['aurora', 'summit']);
    const found = conceptsSchema.parse(await (await ask('/api/concepts?search=sum')).json());
    expect(found.concepts.map(({ name }) => name)).toEqual(['summit']);

    const address = `/api/concepts/${concept.id}`;
    const rights = { owner: 'Aurora Ltd', expires: '2020-01-31' };
    const changed = await (await ask(address, send('PATCH', { name: 'aurora-2', rights }))).json();
    expect(changed).toMatchObject({ id: concept.id, name: 'aurora-2', rights, usable: false });
    expect(changed.versions).toMatchObject([{ version: 1, referenceCount: 4, usable: false }]);

    const refused = await ask(address, send('PATCH', { name: 'summit', rights: {} }));
    expect(await refused.json()).toMatchObject({ code: 'input' });
    expect(await (await ask(address)).json()).toMatchObject({ name: 'aurora-2', rights });

    const file = await ask(`${address}/file`);
    expect(file.headers.get('content-disposition')).toContain('aurora-2.safetensors');
    expect((await bytesOf(file)).length).toBe(Number(file.headers.get('content-length')));
    expect((await ask(`${address}/thumbnail`)).status).toBe(404);

    const lifted = await ask(address, send('PATCH', { rights: { owner: 'Aurora Ltd' } }));
    expect(await lifted.json()).toMatchObject({
      code: 'input',
      advice: expect.stringContaining('concepts rights aurora-2 --expires'),
    });
    expect(await (await ask(address)).json()).toMatchObject({ rights });

    expect((await ask(address, { method: 'DELETE' })).status).toBe(204);
    expect((await ask(address)).status).toBe(404);
    const { concepts } = (await (await ask('/api/removed-concepts')).json()) as { concepts: unknown[] };
    expect(concepts).toMatchObject([{ id: concept.id, name: 'aurora-2' }]);
    expect(await (await ask(`${address}/restore`, { method: 'POST' })).json()).toMatchObject({
      name: 'aurora-2',
    });
    expect((await ask(address)).status).toBe(200);
  });

  it('are fetched in the version that is asked for', async () => {
    const { id } = await importConcept('versions', 31);
    const first = await running.library.get(id);
    const second = await running.library.add(smallConcept('versions', 32));
    const address = `/api/concepts/${id}/file`;
    const bytes = async (query: string) => Buffer.from(await bytesOf(await ask(address + query)));
    expect(await bytes('')).toEqual(await readFile(await running.library.materialize(second)));
    expect(await bytes('?version=2')).toEqual(await bytes(''));
    expect(await bytes('?version=1')).toEqual(
      await readFile(await running.library.materialize(first.current)),
    );
    expect((await ask(`${address}?version=3`)).status).toBe(404);
    for (const query of ['?version=0', '?version=one', '?revision=1']) {
      expect((await ask(address + query)).status).toBe(400);
    }
    expect((await ask(address, { method: 'HEAD' })).headers.get('content-disposition')).toContain(
      'versions.',
    );
  });

  it('give a picture of what a version had learned, of the versions that keep one', async () => {
    const sample = Uint8Array.of(0xff, 0xd8, 0xff, 9);
    const { id } = await running.library.add(smallConcept('drawn', 51), { sample });
    await running.library.add(smallConcept('drawn', 52));
    const { versions } = conceptSummarySchema.parse(await (await ask(`/api/concepts/${id}`)).json());
    expect(versions.map(({ hasSample }) => hasSample)).toEqual([false, true]);
    const answer = await ask(`/api/concepts/${id}/sample?version=1`);
    expect(answer.headers.get('content-type')).toBe('image/jpeg');
    expect([...(await bytesOf(answer))]).toEqual([...sample]);
    expect((await ask(`/api/concepts/${id}/sample`)).status).toBe(404);
  });

  it('give many thumbnails in one answer', async () => {
    const picture = { mediaType: 'image/jpeg', bytes: Uint8Array.of(0xff, 0xd8, 0xff, 7) } as const;
    const shown = await running.library.add(smallConcept('shown', 41, { thumbnail: picture }));
    const plain = await running.library.add(smallConcept('plain', 42));
    const address = '/api/concept-thumbnails?ids=';
    const answer = await ask(`${address}${shown.id},${plain.id},0123456789abcdef`);
    expect(thumbnailsSchema.parse(await answer.json())).toEqual({
      thumbnails: [{ id: shown.id, version: 1, mediaType: 'image/jpeg', bytes: '/9j/Bw==' }],
    });
    for (const ids of [
      '',
      '../x',
      Array(THUMBNAILS_MAX + 1)
        .fill(shown.id)
        .join(','),
    ]) {
      expect((await ask(address + ids)).status).toBe(400);
    }
  });

  it('of another tool need what their file does not say', async () => {
    const body = await readFile(await writePlainLora(running.home));
    expect((await ask('/api/concepts', { method: 'POST', body })).status).toBe(422);
    const facts = 'name=borrowed&classWord=bottle&identifier=sks';
    const response = await ask(`/api/concepts?${facts}`, { method: 'POST', body });
    expect(await response.json()).toMatchObject({ name: 'borrowed', referenceCount: 0 });
  });

  it('of another tool are refused where they do not fit the model, and said to change nothing where they do not', async () => {
    const wide = await readFile(await writePlainLora(running.home, { channels: 8 }));
    const facts = (name: string) => `name=${name}&classWord=bottle&identifier=sks`;
    const refused = await ask(`/api/concepts?${facts('wide')}`, { method: 'POST', body: wide });
    expect(await refused.json()).toMatchObject({
      code: 'concept-mismatch',
      message: expect.stringContaining('has 8 channels, expected 4'),
    });
    const other = `${facts('wide')}&architecture=stable-diffusion-v2-512`;
    expect((await ask(`/api/concepts?${other}`, { method: 'POST', body: wide })).status).toBe(201);
    const mute = await readFile(await writePlainLora(running.home, { alpha: 0 }));
    const response = await ask(`/api/concepts?${facts('mute')}`, { method: 'POST', body: mute });
    expect(importedConceptSchema.parse(await response.json()).findings).toEqual([
      expect.stringContaining('alpha is 0'),
    ]);
  });

  it('go out under the names of other programs, with what stays behind', async () => {
    const { id } = await importConcept('travels', 41);
    const asked = await ask(`/api/concepts/${id}/export?for=diffusers`);
    expect(exportSchema.parse(await asked.json())).toMatchObject({
      triggerWords: 'zqx bottle',
      notes: expect.arrayContaining([expect.stringContaining('Masks stay behind')]),
    });
    const path = join(running.home, 'travels.safetensors');
    await writeFile(path, await bytesOf(await ask(`/api/concepts/${id}/file?for=diffusers`)));
    expect([...(await openSafetensors(path)).tensors.keys()]).toContain(
      'unet.mid_block.attentions.0.proj_out.lora_A.weight',
    );
    expect((await ask(`/api/concepts/${id}/file?for=paint`)).status).toBe(400);
    const back = await ask('/api/concepts', { method: 'POST', body: await readFile(path) });
    expect(await back.json()).toMatchObject({ id, version: 1 });
  });

  it('that are no concept files are refused, and leave nothing behind', async () => {
    const response = await ask('/api/concepts', { method: 'POST', body: 'not a safetensors file' });
    expect(response.status).toBe(422);
    const report = (await response.json()) as { message: string };
    expect(report).toMatchObject({ code: 'concept-format', advice: expect.any(String) });
    expect(report.message).toContain('the file');
    expect(report.message).not.toContain(running.home);
    expect(await readdir(join(running.home, 'cache', 'received'))).toEqual([]);
  });
});

describe('jobs over HTTP', () => {
  it('have a history, pictures and masks, until they are removed', async () => {
    await running.queue.submit('job-of-history', generateWish({ prompt: 'a toy on a beach' }));
    await ended(running.queue, 'job-of-history');
    const history = historySchema.parse(await (await ask('/api/jobs?search=beach&limit=5')).json());
    expect(history).toMatchObject({ jobs: [{ job: 'job-of-history' }], next: null });
    expect((await (await ask('/api/jobs?search=mountain')).json()) as unknown).toMatchObject({ jobs: [] });

    const picture = await ask('/api/jobs/job-of-history/pictures/1');
    expect(picture.headers.get('content-type')).toBe('image/png');
    expect(imageKind(await bytesOf(picture))).toBe('png');
    const mask = await ask('/api/jobs/job-of-history/pictures/1/masks/aurora');
    expect(imageKind(await bytesOf(mask))).toBe('png');
    // No network is here: the mask tells the product.
    const product = await bytesOf(await ask('/api/jobs/job-of-history/pictures/1/product'));
    const { picture: cut } = await decodeInProcess(product);
    expect([cut.width, cut.height, cut.channels]).toEqual([32, 16, 4]);
    expect(alphaOf(cut)[0]).toBeLessThan(alphaOf(cut)[31]!);
    expect((await ask('/api/jobs/job-of-history/pictures/7')).status).toBe(404);
    expect((await ask('/api/jobs/job-of-history/pictures/7/product')).status).toBe(404);
    expect((await ask('/api/jobs/job-of-history/pictures/1/masks/summit')).status).toBe(404);

    expect((await ask('/api/jobs/job-of-history', { method: 'DELETE' })).status).toBe(204);
    expect((await ask('/api/jobs/job-of-history')).status).toBe(404);
  });

  it('are removed all at once', async () => {
    await running.queue.submit('job-to-remove', generateWish());
    await ended(running.queue, 'job-to-remove');
    expect((await ask('/api/jobs', { method: 'DELETE' })).status).toBe(204);
    expect(await (await ask('/api/jobs')).json()).toEqual({ jobs: [], catalogues: [], next: null });
  });
});

describe('images over HTTP', () => {
  it('are taken as through the socket', async () => {
    const body = (await uploads()).get('image-one')!.bytes as Uint8Array<ArrayBuffer>;
    const response = await ask('/api/images/image-posted', { method: 'POST', body });
    expect(response.status).toBe(201);
    expect(await response.json()).toEqual({ image: 'image-posted' });
  });
});

describe('pages', () => {
  it('are the studio and the plugin UI, which is sandboxed wherever it is opened', async () => {
    const studio = await fetch(`${running.address}/`);
    expect(await studio.text()).toContain('studio');
    expect(studio.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    const ui = await fetch(`${running.address}/plugin-ui.html`);
    expect(ui.headers.get('content-security-policy')).toContain('sandbox allow-scripts');
    expect(ui.headers.get('content-security-policy')).not.toContain('allow-same-origin');
  });
});

describe('a failure', () => {
  it.each([
    ['an unknown address', '/api/nothing', 404],
    ['a query that is none', '/api/jobs?limit=many', 400],
    ['a query twice', '/api/jobs?search=a&search=b', 400],
    ['a concept that is not there', '/api/concepts/0123456789abcdef', 404],
    ['an encoding that is none', '/api/concepts/%E0%A4%A', 400],
  ])('of %s has code, message and advice, and no stack', async (_, path, status) => {
    const response = await ask(path);
    expect(response.status).toBe(status);
    const text = await response.text();
    expect(Object.keys(JSON.parse(text)).sort()).toEqual(['advice', 'code', 'message']);
    expect(text).not.toMatch(/\.ts|node_modules|:\d+:\d+/);
  });

  it('of the companion itself says only that it is one', async () => {
    const { list } = running.library;
    running.library.list = () => Promise.reject(new Error('secret /home/somebody'));
    const response = await ask('/api/concepts');
    running.library.list = list;
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ code: 'internal' });
    expect(await running.log()).toContain('a request failed');
    expect(await running.log()).not.toContain('secret');
  });
});
