// A decoder's process that does what the label of its picture says; its limits are the real ones.
import { pbkdf2 } from 'node:crypto';
import { register } from 'tsx/esm/api';

register();
const { Watch } = await import('../../../companion/images/decoding/watch.ts');

const hoard = [];

process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'));
process.on('message', ({ job: { label, bytes } }) => {
  process.send({ type: 'begun' });
  const watch = new Watch(bytes.byteLength);
  if (label === 'memory') setInterval(() => hoard.push(Buffer.alloc(8 * 2 ** 20, 1)), 1);
  if (label === 'time')
    for (let thread = 0; thread < 2; thread++) pbkdf2('a', 'b', 1e9, 64, 'sha512', () => {});
  if (label === 'crash') process.abort();
  if (label !== 'honest') return;
  watch.stop();
  const picture = { width: 1, height: 1, channels: 3, data: new Uint8Array(3) };
  process.send({ type: 'decoded', decoded: { picture, findings: [] }, rssBytes: process.memoryUsage.rss() });
});
