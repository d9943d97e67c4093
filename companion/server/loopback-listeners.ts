/**
 * LoopbackListeners: two HTTP servers, on 127.0.0.1 and on ::1, at the same port. Listening on "localhost" would give one of the two,
 * which one depending on the system, and browsers try either. Until `serve` they answer that Likeness is here, so that no second
 * companion starts on the same data, and ask for everything else to be sent again.
 */

import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';
import { type Health, routes } from '../../shared/protocol/http.ts';
import { Connections } from './connections.ts';
import { HEADERS_TIMEOUT_MS, IDLE_CONNECTION_MS, MAX_HEADER_BYTES, TIMEOUT_CHECK_MS } from './limits.ts';
import { isOwnHost, judgeOrigin } from './own-address.ts';

/** Opening jobs and library takes less. */
const COME_AGAIN_S = 1;

export const HEALTH = { name: 'likeness', protocol: PROTOCOL_VERSION } as const satisfies Health;

const startupResponder: RequestListener = (request, response) => {
  const port = request.socket.localPort ?? 0;
  const { origin, host } = request.headers;
  if (isOwnHost(host, port)) {
    if (origin === undefined && request.url === routes.health) {
      response.setHeader('content-type', 'application/json').end(JSON.stringify(HEALTH));
      return;
    }
    // The panel may read that it should come again; browsers report what a page may not read as an error.
    if (origin !== undefined && judgeOrigin(origin, port) === 'allowed') {
      response.setHeader('access-control-allow-origin', origin);
    }
  }
  response.writeHead(503, { 'retry-after': String(COME_AGAIN_S), connection: 'close' }).end();
};

const IPV4 = '127.0.0.1';
const IPV6 = '::1';

/** Port 0 asks the system for one that is free on IPv4; it may be taken on IPv6. */
const FREE_PORT_TRIES = 5;

export interface LoopbackListeners {
  readonly port: number;
  readonly servers: readonly Server[];
  readonly connections: Connections;
}

/** @throws the system's error, `EADDRINUSE` where the port is taken on either address */
export async function listenOnLoopback(port: number): Promise<LoopbackListeners> {
  const connections = new Connections();
  for (let tried = 1; ; tried++) {
    const four = await listen(IPV4, port, connections);
    const chosen = (four.address() as AddressInfo).port;
    try {
      return { port: chosen, servers: [four, ...(await listenOnIpv6(chosen, connections))], connections };
    } catch (error) {
      await new Promise((resolve) => four.close(resolve));
      if (port !== 0 || tried === FREE_PORT_TRIES) throw error;
    }
  }
}

/** Requests are served from here on, not before: the port has to be known to judge them. */
export function serve({ servers, connections }: LoopbackListeners, answer: RequestListener): void {
  for (const server of servers)
    server.off('request', startupResponder).on('request', connections.guard(answer));
}

async function listenOnIpv6(port: number, connections: Connections): Promise<readonly Server[]> {
  try {
    return [await listen(IPV6, port, connections)];
  } catch (error) {
    // A computer without IPv6: nothing resolves to ::1 there either.
    if (['EADDRNOTAVAIL', 'EAFNOSUPPORT'].includes((error as NodeJS.ErrnoException).code ?? '')) return [];
    throw error;
  }
}

function listen(host: string, port: number, connections: Connections): Promise<Server> {
  const server = createServer({
    headersTimeout: HEADERS_TIMEOUT_MS,
    // By what comes in that time, which Connections looks at: an upload may be slow.
    requestTimeout: 0,
    keepAliveTimeout: IDLE_CONNECTION_MS,
    connectionsCheckingInterval: TIMEOUT_CHECK_MS,
    maxHeaderSize: MAX_HEADER_BYTES,
    requireHostHeader: true,
  });
  server.on('request', startupResponder);
  connections.watch(server);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, exclusive: true, ipv6Only: host === IPV6 }, () => {
      server.off('error', reject);
      resolve(server);
    });
  });
}
