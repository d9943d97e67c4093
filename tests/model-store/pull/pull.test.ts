/** A pull as the server could begin it: events, a request that is resolved against the data folder, no command line. */

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pullModel } from '../../../companion/model-store/pull/pull.ts';
import { type PullFlags, resolvePull } from '../../../companion/model-store/pull/pull-request.ts';
import type { DataFolders } from '../../../companion/storage/folders.ts';
import { COMMIT, localHub, REPOSITORY } from '../hub/local-hub.ts';
import { MODEL_FILES, servedModel } from '../served-model.ts';
import { collected, storeWith } from '../store.ts';

async function pull(wanted: string, flags: PullFlags, { models, cache }: DataFolders) {
  const request = await resolvePull(wanted, flags, models, {});
  const { signal } = new AbortController();
  return collected(pullModel({ ...request, models, cacheFolder: cache, signal }));
}

it('reports what it fetches, and stays at its commit when it is repeated', async () => {
  const folders = await storeWith();
  const { endpoint } = await localHub(servedModel());
  const events = await pull(REPOSITORY, { endpoint, name: 'mine' }, folders);
  expect(events[0]).toEqual({ type: 'repository', repository: REPOSITORY, commit: COMMIT, licence: 'mit' });
  expect(events.at(-1)).toMatchObject({ type: 'pulled', name: 'mine', fetched: MODEL_FILES.length });
  expect(readdirSync(folders.models)).toEqual(['mine']);

  const repeated = await resolvePull('mine', { endpoint }, folders.models, {});
  expect(repeated).toMatchObject({ repository: REPOSITORY, revision: COMMIT, name: 'mine', isHere: true });
  expect((await pull('mine', { endpoint }, folders)).at(-1)).toMatchObject({ type: 'pulled', fetched: 0 });
});

it('is stopped by not pulling it further, and keeps what was received', async () => {
  const { models, cache } = await storeWith();
  const { endpoint } = await localHub(servedModel());
  const request = await resolvePull(REPOSITORY, { endpoint, name: 'mine' }, models, {});
  const { signal } = new AbortController();
  for await (const event of pullModel({ ...request, models, cacheFolder: cache, signal })) {
    if (event.type === 'weights') break;
  }
  expect(readdirSync(models)).toEqual(['.mine.pulling']);
  expect(readdirSync(join(models, '.mine.pulling'))).toContain('model_index.json');
});

it('stays at the commit that it resolved, where the branch moves on and its reader takes its time', async () => {
  const { models, cache } = await storeWith();
  const files = servedModel();
  let isMoved = false;
  const later = COMMIT.replaceAll('c0', '0c');
  const { endpoint, seen } = await localHub(files, {
    answer: ({ path }, response) => {
      // A hub goes on giving the files of a commit that the branch has left; `main` is another by now.
      if (!isMoved || !path.endsWith('/revision/main')) return false;
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ sha: later, cardData: { license: 'mit' } }));
      return true;
    },
  });
  const request = await resolvePull(REPOSITORY, { endpoint, name: 'mine' }, models, {});
  const { signal } = new AbortController();
  let last: unknown;
  for await (const event of pullModel({ ...request, models, cacheFolder: cache, signal })) {
    isMoved = true;
    last = event;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(last).toMatchObject({ type: 'pulled', name: 'mine', fetched: MODEL_FILES.length });
  expect(seen.filter(({ path }) => path.includes(later))).toEqual([]);
  const repeated = await resolvePull('mine', { endpoint }, models, {});
  expect(repeated).toMatchObject({ revision: COMMIT, isHere: true });
});
