/** LocalProxy: an HTTP proxy on this computer, whose answer to CONNECT a test decides. Whatever the name, it leads here. */

import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';

export interface LocalProxy {
  /** Without `http://`. */
  readonly host: string;
  /** host:port of every CONNECT, and its Proxy-Authorization. */
  readonly seen: { readonly target: string; readonly authorization: string | undefined }[];
}

/** @param answer `tunnel`, a status line's end such as `502 Bad Gateway`, or nothing at all */
export async function localProxy(answer: string | undefined): Promise<LocalProxy> {
  const seen: { target: string; authorization: string | undefined }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_, response) => void response.writeHead(500).end());
  server.on('connection', (socket) => sockets.add(socket));
  server.on('connect', ({ url, headers }, client: Socket) => {
    seen.push({ target: url!, authorization: headers['proxy-authorization'] });
    if (answer === undefined) return;
    if (answer !== 'tunnel') return void client.end(`HTTP/1.1 ${answer}\r\n\r\n`);
    const upstream = connect(Number(url!.split(':')[1]), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.pipe(client).pipe(upstream);
    });
    sockets.add(upstream);
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { host: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}
