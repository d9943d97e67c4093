import { rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { smallConcept } from '../library/small-concept.ts';
import { PLUGIN_ORIGIN, startServer } from './running-server.ts';
import { TestClient } from './test-client.ts';

it('a library that could not be read for a while is logged once, and clients hear when it is back', async () => {
  const running = await startServer();
  const { home, library, port, address } = running;
  const token = await running.pair();
  const client = await TestClient.connect(port, token);
  await library.add(smallConcept('aurora', 1));
  await client.until('concepts-changed');
  const list = () =>
    fetch(`${address}/api/concepts`, {
      headers: { Origin: PLUGIN_ORIGIN, Authorization: `Bearer ${token}` },
    });
  const logged = async () => (await running.log()).split('the library cannot be read').length - 1;

  const [folder, away] = [join(home, 'concepts'), join(home, 'away')];
  await rename(folder, away);
  await writeFile(folder, '');
  await expect.poll(logged).toBe(1);
  expect(await (await list()).json()).toMatchObject({ code: 'storage' });
  client.told.length = 0;
  await rm(folder);
  await rename(away, folder);
  await client.until('concepts-changed');
  // A look between the two moves finds no folder at all, which is an empty library.
  await expect.poll(async () => (await list()).json()).toMatchObject({ concepts: [{ name: 'aurora' }] });
  expect(await logged()).toBe(1);
  await running.stop();
});
