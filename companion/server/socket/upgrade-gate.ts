/** Whether a request to become a WebSocket is let in; decided before a byte of the socket protocol is read. */

import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { LikenessError } from '../../../shared/errors.ts';
import { SOCKET_PATH } from '../../../shared/protocol/connection.ts';
import { reportOf } from '../../../shared/protocol/error-report.ts';
import { judgeOrigin } from '../origin-policy.ts';
import { isOwnHost } from '../own-address.ts';

/** @throws LikenessError `origin`, `message-format` */
export function requireUpgrade(request: IncomingMessage, port: number): void {
  if (!isOwnHost(request.headers.host, port)) {
    throw new LikenessError('origin', 'the request is for another host than this companion');
  }
  // Without an origin it is a command-line client: like everyone, it must say its token next.
  if (judgeOrigin(request.headers.origin, port) === 'foreign') {
    throw new LikenessError('origin', 'this page may not use the companion');
  }
  // The whole address: a token in a query would end up in logs and histories, so that none is ever looked for there.
  if (request.url !== SOCKET_PATH)
    throw new LikenessError('message-format', 'there is no socket at this address');
}

const STATUS_LINES: Readonly<Record<string, string>> = {
  origin: '403 Forbidden',
  'message-format': '404 Not Found',
};

/** An HTTP answer by hand: after an upgrade request Node leaves the bare connection. */
export function refuseUpgrade(connection: Duplex, error: unknown): void {
  const report = reportOf(error);
  const body = JSON.stringify(report);
  const head = [
    `HTTP/1.1 ${STATUS_LINES[report.code] ?? '500 Internal Server Error'}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  connection.on('error', () => connection.destroy());
  connection.end(`${head.join('\r\n')}\r\n\r\n${body}`, () => connection.destroy());
}
