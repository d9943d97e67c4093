import { EventEmitter } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  KEEP_ALIVE_MS,
  MESSAGE_BURST,
  MESSAGE_GRACE_MS,
  MESSAGES_PER_SECOND,
  MIN_BYTES_PER_SECOND,
} from '../../companion/server/limits.ts';
import { Liveness, Pace } from '../../companion/server/socket/liveness.ts';

function connected() {
  const connection = new EventEmitter();
  const clock = { now: 0 };
  const liveness = new Liveness(connection as unknown as Socket, () => clock.now);
  const receive = (bytes: number) => connection.emit('data', Buffer.alloc(bytes));
  /** The judgement after as many looks, with what happens before each. */
  const looks = (count: number, before: () => void, stalledMs = 0, isAnswered = false) => {
    const verdicts = Array.from({ length: count }, () => {
      before();
      clock.now += KEEP_ALIVE_MS;
      return liveness.look({ stalledMs }, isAnswered);
    });
    return [...new Set(verdicts)];
  };
  return { connection, clock, liveness, receive, looks };
}

describe('a socket', () => {
  it('of which nothing is heard is silent', () => {
    const { looks } = connected();
    expect(looks(1, () => {})).toEqual([undefined]);
    expect(looks(1, () => {})).toEqual(['silent']);
  });

  it('that answers pings lives, for hours', () => {
    const { looks, receive, liveness } = connected();
    const pong = () => {
      receive(10);
      liveness.control(Buffer.alloc(4), true);
    };
    expect(looks(1000, pong)).toEqual([undefined]);
    expect(liveness.unfinishedBytes).toBe(0);
  });

  it('in the middle of one long message lives, however few bytes come in its first minutes', () => {
    const { looks, receive } = connected();
    expect(looks(MESSAGE_GRACE_MS / KEEP_ALIVE_MS, () => receive(1))).toEqual([undefined]);
  });

  it('in the middle of one long message lives for longer at the least rate, and not below', () => {
    const bytes = (MIN_BYTES_PER_SECOND * KEEP_ALIVE_MS) / 1000;
    const steady = connected();
    expect(steady.looks(100, () => steady.receive(bytes))).toEqual([undefined]);
    const slower = connected();
    expect(slower.looks(100, () => slower.receive(bytes - 1))).toContain('slow');
  });

  it('whose message is being worked on lives, though no more is read of it', () => {
    const { looks } = connected();
    expect(looks(10, () => {}, 0, true)).toEqual([undefined]);
  });

  it('that floods and answers no ping is slow, for it reads nothing; one that answers is not', () => {
    const { looks, liveness } = connected();
    const flood = () => {
      for (let index = 0; index < 2 * MESSAGE_BURST; index++) liveness.message();
    };
    expect(looks(2, flood)).toEqual([undefined, 'slow']);
    const reader = connected();
    const answered = () => {
      for (let index = 0; index < 2 * MESSAGE_BURST; index++) reader.liveness.message();
      reader.liveness.control(Buffer.alloc(0), true);
    };
    expect(reader.looks(10, answered)).toEqual([undefined]);
    const honest = connected();
    expect(honest.looks(10, () => honest.liveness.message())).toEqual([undefined]);
  });

  it('that takes nothing of ours is slow, though it says something', () => {
    const { looks, receive } = connected();
    expect(looks(3, () => receive(10), KEEP_ALIVE_MS - 1)).toEqual([undefined]);
    expect(looks(1, () => receive(10), KEEP_ALIVE_MS)).toEqual(['slow']);
  });
});

describe('the pace of a socket', () => {
  it('leaves alone what an honest client sends, and lets a flood rest', () => {
    let now = 0;
    const pace = new Pace(() => now);
    for (let index = 0; index < MESSAGE_BURST; index++) expect(pace.count()).toBe(0);
    expect(pace.count()).toBeGreaterThan(0);
    for (let index = 0; index < 10_000; index++) pace.count();
    const rest = pace.count();
    expect(rest).toBe(1000);
    now += 60_000;
    for (let index = 0; index < 1000; index++) {
      now += 1000 / MESSAGES_PER_SECOND;
      expect(pace.count()).toBe(0);
    }
  });
});
