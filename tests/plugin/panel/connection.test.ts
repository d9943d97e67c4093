import { describe, expect, it } from 'vitest';
import { findCompanions, portsToAsk } from '../../../plugin/ui/connection/discovery.ts';
import {
  type ConnectionEvent,
  type ConnectionState,
  nextConnection,
  retryDelayMs,
  START,
} from '../../../plugin/ui/connection/state.ts';
import { PORTS } from '../../../shared/protocol/connection.ts';

const strange: ConnectionEvent = { type: 'strange', ports: [17654] };
const absent: ConnectionEvent = { type: 'absent', unproven: [] };
const welcomed: ConnectionEvent = { type: 'welcomed', port: 17653 };
const closed: ConnectionEvent = { type: 'closed', reason: '' };
const report = { code: 'pairing-code', message: 'wrong', advice: 'again' } as const;
const reached = (...events: readonly ConnectionEvent[]): ConnectionState =>
  events.reduce(nextConnection, START);
const times = (count: number, event: ConnectionEvent) => Array.from({ length: count }, () => event);

describe('a connection', () => {
  it('is ready after the welcome', () => {
    expect(reached(welcomed)).toEqual({ phase: 'ready', port: 17653 });
  });

  it('asks for the code where companions answer that do not know the plugin', () => {
    expect(reached(strange)).toEqual({ phase: 'unpaired', ports: [17654], failure: null });
  });

  it('says why a code did not work, and can be tried again', () => {
    const failed = reached(strange, { type: 'code-sent' }, { type: 'pairing-failed', report });
    expect(failed).toEqual({ phase: 'unpaired', ports: [17654], failure: report });
    expect(nextConnection(failed, { type: 'code-sent' }).phase).toBe('pairing');
  });

  it('goes on saying so while the search for its own companion is repeated', () => {
    const failed = reached(strange, { type: 'code-sent' }, { type: 'pairing-failed', report });
    const again = nextConnection(failed, { type: 'strange', ports: [17653, 17654] });
    expect(again).toEqual({ phase: 'unpaired', ports: [17653, 17654], failure: report });
    expect(nextConnection(again, welcomed)).toEqual({ phase: 'ready', port: 17653 });
  });

  it('tells an older companion from a newer one', () => {
    const older: ConnectionEvent = { type: 'mismatch', companion: 'older' };
    expect(reached(older)).toEqual({ phase: 'mismatch', companion: 'older' });
  });

  it('that is lost is looked for, and is not a first start', () => {
    const lost = reached(welcomed, closed);
    expect(lost).toEqual({ phase: 'lost', attempt: 0, goodbye: false });
    expect(nextConnection(lost, absent)).toEqual({ phase: 'lost', attempt: 1, goodbye: false });
    expect(nextConnection(lost, welcomed)).toEqual({ phase: 'ready', port: 17653 });
  });

  it('that is lost stays so for a while, whoever else answers, and then others are offered', () => {
    for (const event of [strange, { type: 'mismatch', companion: 'newer' } as const]) {
      expect(reached(welcomed, closed, ...times(6, event)).phase).toBe('lost');
      expect(reached(welcomed, closed, ...times(7, event)).phase).not.toBe('lost');
    }
    expect(reached(welcomed, closed, ...times(100, absent)).phase).toBe('lost');
  });

  it('whose token was taken back looks for a companion that wants a code', () => {
    expect(reached(welcomed, { type: 'closed', reason: 'revoked' }, strange).phase).toBe('unpaired');
  });

  it('that was closed for being slow says so, and is looked for again', () => {
    const slow = reached(welcomed, { type: 'closed', reason: 'slow' });
    expect(slow).toEqual({ phase: 'lost', attempt: 0, goodbye: false, slow: true });
    expect(nextConnection(slow, welcomed)).toEqual({ phase: 'ready', port: 17653 });
  });

  it('knows a goodbye from a crash', () => {
    expect(reached(welcomed, { type: 'goodbye' }, closed)).toEqual({
      phase: 'lost',
      attempt: 0,
      goodbye: true,
    });
  });

  it('is absent where nothing answers, and says who answered in its place', () => {
    expect(reached(absent)).toEqual({ phase: 'absent', unproven: [] });
    expect(reached({ type: 'absent', unproven: [17653] })).toEqual({ phase: 'absent', unproven: [17653] });
  });
});

it('is tried often at first, then every few seconds', () => {
  expect(retryDelayMs(0)).toBe(500);
  expect(retryDelayMs(3)).toBeGreaterThan(2 * retryDelayMs(1));
  expect(retryDelayMs(50)).toBe(5_000);
});

describe('the search', () => {
  const answering = (...ports: readonly number[]): typeof fetch =>
    (async (url: string) => {
      const port = Number(new URL(url).port);
      if (!ports.includes(port)) throw new TypeError('Failed to fetch');
      return Response.json({ name: 'likeness', protocol: 1 });
    }) as typeof fetch;

  it('finds a companion on an alternative port', async () => {
    expect(await findCompanions(PORTS, answering(PORTS[2]))).toEqual([{ port: PORTS[2], protocol: 1 }]);
  });

  it('finds all that say to be one, in the order of the ports', async () => {
    const found = await findCompanions(PORTS, answering(PORTS[1], PORTS[0]));
    expect(found.map(({ port }) => port)).toEqual([PORTS[0], PORTS[1]]);
  });

  it('begins, in the studio, with the companion that served the page', () => {
    expect(portsToAsk('http://localhost:4711/plugin-ui.html?theme=dark', null)).toEqual([4711, ...PORTS]);
    expect(portsToAsk(`http://localhost:${PORTS[1]}/`, null)).toEqual([PORTS[1], PORTS[0], PORTS[2]]);
    for (const elsewhere of [
      'about:srcdoc',
      'data:text/html,x',
      'https://www.figma.com/',
      'http://evil:80/',
    ]) {
      expect(portsToAsk(elsewhere, null)).toEqual(PORTS);
    }
  });

  it('goes on with the port of the last time, where that is one of the companion’s', () => {
    expect(portsToAsk('about:srcdoc', PORTS[2])).toEqual([PORTS[2], PORTS[0], PORTS[1]]);
    expect(portsToAsk('http://localhost:4711/', PORTS[1])).toEqual([4711, PORTS[1], PORTS[0], PORTS[2]]);
    expect(portsToAsk('about:srcdoc', 22)).toEqual(PORTS);
  });

  it('takes no other program for a companion', async () => {
    const stranger = (async () => Response.json({ name: 'something else' })) as unknown as typeof fetch;
    expect(await findCompanions(PORTS, stranger)).toEqual([]);
  });
});
