import { describe, expect, it } from 'vitest';
import { findCompanion, portsToAsk } from '../../plugin/ui/connection/discovery.ts';
import {
  type ConnectionEvent,
  type ConnectionState,
  nextConnection,
  retryDelayMs,
  START,
} from '../../plugin/ui/connection/state.ts';
import { PORTS, PROTOCOL_VERSION } from '../../shared/protocol/connection.ts';

const found = (hasToken: boolean, protocol = PROTOCOL_VERSION): ConnectionEvent => ({
  type: 'found',
  port: 17653,
  protocol,
  hasToken,
});
const report = { code: 'pairing-code', message: 'wrong', advice: 'again' } as const;
const reached = (...events: readonly ConnectionEvent[]): ConnectionState =>
  events.reduce(nextConnection, START);

describe('a connection', () => {
  it('with a token is ready after the welcome', () => {
    expect(reached(found(true), { type: 'welcomed' })).toEqual({ phase: 'ready', port: 17653 });
  });

  it('without a token asks for the code', () => {
    expect(reached(found(false))).toEqual({ phase: 'unpaired', port: 17653, failure: null });
  });

  it('says why a code did not work, and can be tried again', () => {
    const failed = reached(found(false), { type: 'code-sent' }, { type: 'pairing-failed', report });
    expect(failed).toEqual({ phase: 'unpaired', port: 17653, failure: report });
    expect(nextConnection(failed, { type: 'code-sent' }).phase).toBe('pairing');
  });

  it('asks for the code again when the token is refused', () => {
    const refused = { ...report, code: 'token' } as const;
    const state = reached(found(true), { type: 'refused', report: refused }, { type: 'closed' });
    expect(state).toEqual({ phase: 'unpaired', port: 17653, failure: refused });
  });

  it('tells an older companion from a newer one', () => {
    expect(reached(found(true, PROTOCOL_VERSION - 1))).toEqual({ phase: 'mismatch', companion: 'older' });
    expect(reached(found(true, PROTOCOL_VERSION + 1))).toEqual({ phase: 'mismatch', companion: 'newer' });
  });

  it('that is lost is looked for, and is not a first start', () => {
    const lost = reached(found(true), { type: 'welcomed' }, { type: 'closed' });
    expect(lost).toEqual({ phase: 'lost', attempt: 0, goodbye: false });
    expect(nextConnection(lost, { type: 'not-found' })).toEqual({
      phase: 'lost',
      attempt: 1,
      goodbye: false,
    });
    expect(nextConnection(lost, found(true))).toEqual({ phase: 'connecting', port: 17653 });
  });

  it('knows a goodbye from a crash', () => {
    const state = reached(found(true), { type: 'welcomed' }, { type: 'goodbye' }, { type: 'closed' });
    expect(state).toEqual({ phase: 'lost', attempt: 0, goodbye: true });
  });

  it('that was closed for being slow says so, and is looked for again', () => {
    const slow = reached(found(true), { type: 'welcomed' }, { type: 'closed', reason: 'slow' });
    expect(slow).toEqual({ phase: 'lost', attempt: 0, goodbye: false, slow: true });
    expect(nextConnection(slow, found(true))).toEqual({ phase: 'connecting', port: 17653 });
  });

  it('is absent where nothing answers', () => expect(reached({ type: 'not-found' }).phase).toBe('absent'));
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
    expect(await findCompanion(answering(PORTS[2]), PORTS)).toEqual({ port: PORTS[2], protocol: 1 });
  });

  it('prefers the first port', async () => {
    expect((await findCompanion(answering(PORTS[1], PORTS[0]), PORTS))?.port).toBe(PORTS[0]);
  });

  it('begins, in the studio, with the companion that served the page', () => {
    expect(portsToAsk('http://localhost:4711/plugin-ui.html?theme=dark')).toEqual([4711, ...PORTS]);
    expect(portsToAsk(`http://localhost:${PORTS[1]}/`)).toEqual([PORTS[1], PORTS[0], PORTS[2]]);
    for (const elsewhere of [
      'about:srcdoc',
      'data:text/html,x',
      'https://www.figma.com/',
      'http://evil:80/',
    ]) {
      expect(portsToAsk(elsewhere)).toEqual(PORTS);
    }
  });

  it('takes no other program for a companion', async () => {
    const stranger = (async () => Response.json({ name: 'something else' })) as unknown as typeof fetch;
    expect(await findCompanion(stranger, PORTS)).toBeUndefined();
  });
});
