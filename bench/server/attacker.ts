/** A client that means harm, in a process of its own: the attack's name, the port and a token are its arguments. */

import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { TestClient } from '../../tests/server/test-client.ts';
import { LARGE_JOB } from './large-job.ts';

const [name, port, token] = [process.argv[2]!, Number(process.argv[3]), process.argv[4]!];

/** A frame of RFC 6455 with a mask of zeros. */
function frame(opcode: number, text: string): Buffer {
  const payload = Buffer.from(text);
  return Buffer.concat([Buffer.from([0x80 | opcode, 0x80 | payload.byteLength, 0, 0, 0, 0]), payload]);
}

const PING = frame(1, '{"type":"ping"}');

async function flood(one: Buffer, isRead: boolean): Promise<void> {
  const client = await TestClient.connect(port, token);
  if (isRead) client.socket.removeAllListeners('message');
  else client.socket.pause();
  const connection = (client.socket as unknown as { _socket: Socket })._socket;
  const many = Buffer.concat(Array.from({ length: 1000 }, () => one));
  const more = () => {
    while (connection.writable && connection.write(many));
  };
  connection.on('drain', more);
  more();
}

/** @param read false: the answer is not taken */
function ask(path: string, read: boolean): Promise<void> {
  return new Promise((resolve) => {
    const headers = { Host: `localhost:${port}`, Authorization: `Bearer ${token}` };
    const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }, (response) => {
      if (read) response.resume();
    });
    asked.on('error', () => resolve()).on('close', () => resolve());
    asked.end();
  });
}

async function askForEver(path: string): Promise<void> {
  for (;;) await ask(path, true);
}

const times = (count: number, act: () => unknown) => {
  for (let index = 0; index < count; index++) act();
};

const ATTACKS: Readonly<Record<string, () => unknown>> = {
  'nobody else': () => {},
  'pings, answers unread': () => flood(PING, false),
  'pings of the socket, answers unread': () => flood(frame(9, 'abc'), false),
  'fifteen sockets of pings, answers read': () => times(15, () => flood(PING, true)),
  'forty pictures of 12 MiB, unread': () => times(40, () => ask(`/api/jobs/${LARGE_JOB}/pictures/0`, false)),
  'six requests at a time, for ever': () => times(6, () => askForEver('/api/jobs')),
  'six hundred silent connections': () =>
    times(600, () => connect({ host: '127.0.0.1', port }).on('error', () => {})),
};

// The parent ends it.
setInterval(() => {}, 60_000);
await ATTACKS[name]!();
process.send!('begun');
