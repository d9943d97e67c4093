import { describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { MAX_BACKLOG_BYTES, PREVIEW_BACKLOG_BYTES } from '../../companion/server/limits.ts';
import { binaryMessage, Outbox, textMessage } from '../../companion/server/socket/outbox.ts';

/** A socket whose other end has `bufferedAmount` bytes still to read. */
function socketWith(bufferedAmount: number, readyState = 1) {
  const sent: unknown[] = [];
  const socket = { readyState, OPEN: 1, bufferedAmount, send: (data: unknown) => sent.push(data) };
  return { sent, socket: socket as unknown as WebSocket };
}

const picture = { mediaType: 'image/jpeg', width: 8, height: 8 } as const;
const payload = Uint8Array.of(0xff, 0xd8, 0xff);
const preview = binaryMessage({
  header: { kind: 'preview', job: 'job-0000', picture: 0, step: 1, ...picture },
  payload,
});
const result = binaryMessage({
  header: { kind: 'picture', job: 'job-0000', picture: 0, seed: 1, ...picture },
  payload,
});
const progress = textMessage({
  type: 'progress',
  job: 'job-0000',
  phase: 'sampling',
  step: 1,
  steps: 4,
  fraction: 0.25,
  secondsLeft: null,
});
const goodbye = textMessage({ type: 'goodbye' });

/** What is sent to a client with that much unread, and whether it is given up. */
function outcome(bufferedAmount: number) {
  const { sent, socket } = socketWith(bufferedAmount);
  let givenUp = false;
  const outbox = new Outbox(socket, () => {
    givenUp = true;
  });
  for (const parcel of [preview, progress, result, goodbye]) outbox.send(parcel);
  return { sent, givenUp };
}

describe('the outbox', () => {
  it('sends everything to a client that reads', () => {
    expect(outcome(0)).toEqual({
      sent: [preview.data, progress.data, result.data, goodbye.data],
      givenUp: false,
    });
  });

  it('leaves out what the next message replaces, and nothing else, for one that reads slowly', () => {
    expect(outcome(PREVIEW_BACKLOG_BYTES + 1)).toEqual({ sent: [result.data, goodbye.data], givenUp: false });
  });

  it('gives up on one that reads nothing', () => {
    expect(outcome(MAX_BACKLOG_BYTES + 1)).toEqual({ sent: [], givenUp: true });
  });

  it('sends nothing to a socket that is closing', async () => {
    const { sent, socket } = socketWith(0, 2);
    const outbox = new Outbox(socket, () => {});
    outbox.send(result);
    await outbox.deliver(result);
    expect(sent).toEqual([]);
  });
});
