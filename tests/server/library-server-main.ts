/**
 * Serves the library in a folder (first argument), and has a client import concepts and rename one of them over HTTP,
 * from a number (second argument) on, until it is killed.
 */

import { encodeConcept } from '../../companion/concepts/concept-file.ts';
import { smallConcept } from '../library/small-concept.ts';
import { startServer } from './running-server.ts';

const [folder, first] = process.argv.slice(2) as [string, string];
const running = await startServer(folder);
const token = await running.pair();
const ask = (path: string, method: string, type: string, body: BodyInit) => {
  const headers = { Authorization: `Bearer ${token}`, Origin: 'null', 'Content-Type': type };
  return fetch(`${running.address}${path}`, { method, headers, body });
};
const { concepts } = await running.library.list();
const { id } = concepts.find(({ name }) => name === 'aurora' || name === 'borealis')!;
process.stdout.write('serving\n');
for (let number = Number(first) + 100; ; number++) {
  const { bytes } = encodeConcept(smallConcept(`lamp-${number}`, number));
  const name = number % 2 === 0 ? 'borealis' : 'aurora';
  await Promise.all([
    ask('/api/concepts', 'POST', 'application/octet-stream', new Uint8Array(bytes)),
    ask(`/api/concepts/${id}`, 'PATCH', 'application/json', JSON.stringify({ name })),
  ]);
}
