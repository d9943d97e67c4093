import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { FRAGMENT_BYTES, MAX_BACKLOG_BYTES, OUTBOX_WINDOW_BYTES } from '../../companion/server/limits.ts';
import {
  binaryMessage,
  type OutboundMessage,
  Outbox,
  textMessage,
} from '../../companion/server/socket/outbox.ts';
import type { Progress } from '../../shared/protocol/server-messages.ts';

/** A socket whose other end takes a message when the test says so. */
class SlowSocket extends EventEmitter {
  readonly OPEN = 1;
  readyState = 1;
  /** Whole messages, by their first parts. */
  readonly sent: Uint8Array[] = [];
  readonly partBytes: number[] = [];
  readonly #taken: (() => void)[] = [];
  #isWhole = true;

  send(part: Uint8Array, { fin }: { readonly fin: boolean }, taken: () => void): void {
    if (this.#isWhole) this.sent.push(part);
    this.#isWhole = fin;
    this.partBytes.push(part.byteLength);
    this.#taken.push(taken);
  }

  take(count = this.#taken.length): void {
    for (const taken of this.#taken.splice(0, count)) taken();
  }
}

function opened() {
  const socket = new SlowSocket();
  let givenUp = 0;
  const outbox = new Outbox(socket as unknown as WebSocket, () => {
    givenUp++;
  });
  return { socket, outbox, givenUp: () => givenUp };
}

const picture = { mediaType: 'image/jpeg', width: 8, height: 8 } as const;
const small = Uint8Array.of(0xff, 0xd8, 0xff);

function preview(step: number, payload: Uint8Array = small): OutboundMessage {
  return binaryMessage({
    header: { kind: 'preview', job: 'job-0000', picture: 0, step, ...picture },
    payload,
  });
}

function result(index: number, payload: Uint8Array = small): OutboundMessage {
  const header = { kind: 'picture', job: 'job-0000', picture: index, seed: 1, ...picture } as const;
  return binaryMessage({ header, payload });
}

function progress(step: number, job = 'job-0000'): OutboundMessage {
  const facts = { phase: 'sampling', steps: 9, fraction: 0.25, secondsLeft: null } as const;
  return textMessage({ type: 'progress', job, step, ...facts } satisfies Progress);
}

function large(sizeBytes: number): Uint8Array {
  const bytes = Buffer.alloc(sizeBytes);
  bytes.set(small);
  return bytes;
}

/** Fills what ws is given at a time, so that the rest waits. */
const filling = result(0, large(OUTBOX_WINDOW_BYTES));

/** Compared by identity: they are large, and encoded once. */
function expectSent(sent: readonly Uint8Array[], messages: readonly OutboundMessage[]): void {
  const isOf = (part: Uint8Array) => (message: OutboundMessage) =>
    message.data.buffer === part.buffer && message.data.byteOffset === part.byteOffset;
  expect(sent.map((part) => messages.findIndex(isOf(part)))).toEqual([...messages.keys()]);
}

describe('the outbox', () => {
  it('sends everything at once to a client that reads', () => {
    const { socket, outbox } = opened();
    const all = [preview(1), progress(1), preview(2), progress(2), result(0)];
    for (const message of all) outbox.send(message);
    expectSent(socket.sent, all);
    socket.take();
    expect([outbox.keptBytes, outbox.stalledMs]).toEqual([0, 0]);
  });

  it('keeps the latest of what replaces each other, and everything else, for one that reads slowly', () => {
    const { socket, outbox } = opened();
    outbox.send(filling);
    const pong = textMessage({ type: 'pong' });
    const kept = [progress(1, 'job-1111'), result(1), preview(2)];
    const last = [progress(2), result(2), pong];
    for (const message of [preview(1), progress(1), pong, ...kept, ...last]) outbox.send(message);
    expectSent(socket.sent, [filling]);
    socket.take();
    expectSent(socket.sent.slice(1), [...kept, ...last]);
  });

  it('keeps no more of a hundred thousand of them than of one', () => {
    const { outbox, givenUp } = opened();
    outbox.send(filling);
    outbox.send(textMessage({ type: 'pong' }));
    const before = outbox.keptBytes;
    for (let index = 0; index < 100_000; index++) outbox.send(textMessage({ type: 'pong' }));
    expect([outbox.keptBytes, givenUp()]).toEqual([before, 0]);
  });

  it('gives up one for whom too much is kept, once, and keeps nothing more for it', () => {
    const { socket, outbox, givenUp } = opened();
    const payload = large(8 * 1024 * 1024);
    for (let index = 0; givenUp() === 0; index++) {
      outbox.send(result(index, payload));
      expect(outbox.keptBytes).toBeLessThanOrEqual(MAX_BACKLOG_BYTES);
    }
    expect(outbox.keptBytes).toBeLessThan(2 * payload.byteLength);
    socket.readyState = 2;
    outbox.send(result(99));
    expect(givenUp()).toBe(1);
  });

  it('counts what a message costs beside its bytes', () => {
    const { outbox, givenUp } = opened();
    const error = textMessage({ type: 'image-received', image: 'image-00' });
    let sent = 0;
    for (; givenUp() === 0; sent++) outbox.send(error);
    expect(sent).toBeLessThan(MAX_BACKLOG_BYTES / 1000);
  });

  it('shows a client’s pace by the parts that it takes', () => {
    const { socket, outbox } = opened();
    outbox.send(filling);
    expect(Math.max(...socket.partBytes)).toBe(FRAGMENT_BYTES);
    const before = outbox.keptBytes;
    socket.take(1);
    expect(before - outbox.keptBytes).toBeGreaterThanOrEqual(FRAGMENT_BYTES);
    while (outbox.keptBytes > 0) socket.take();
    const all = socket.partBytes.reduce((sum, bytes) => sum + bytes, 0);
    expect(all).toBe(filling.data.byteLength);
  });

  it('has room again when the client has read, or is gone', async () => {
    const { socket, outbox } = opened();
    outbox.send(filling);
    const room = outbox.room();
    socket.take();
    await room;
    outbox.send(filling);
    const delivered = outbox.deliver(result(1));
    const never = outbox.room();
    socket.readyState = 3;
    socket.emit('close');
    await Promise.all([delivered, never]);
  });

  it('sends nothing to a socket that is closing', async () => {
    const { socket, outbox } = opened();
    socket.readyState = 2;
    outbox.send(result(1));
    await outbox.deliver(result(1));
    expect(socket.sent).toEqual([]);
  });
});
