import { HOST, PORTS } from '../../../shared/protocol/connection.ts';
import { healthSchema, routes } from '../../../shared/protocol/http.ts';

/** A companion on this computer answers in milliseconds; a foreign program may keep a port silent. */
const ANSWER_MS = 1_500;

export interface FoundCompanion {
  readonly port: number;
  readonly protocol: number;
}

/**
 * Ports that a companion may have: in the studio first the one that served the page, which need be none of Figma's; then
 * the one of the last time. An order saves handshakes with strangers, and decides nothing else.
 * @param page address of the plugin's page; Figma gives it none of this computer
 */
export function portsToAsk(page: string, last: number | null): readonly number[] {
  const { protocol, hostname, port } = new URL(page);
  const isServed = protocol === 'http:' && hostname === HOST && port !== '';
  const known = PORTS.filter((one) => one === last);
  return [...new Set([...(isServed ? [Number(port)] : []), ...known, ...PORTS])];
}

/** Asks all ports at once. Who says to be a companion may be one, or not: in the order of `ports`. */
export async function findCompanions(
  ports: readonly number[],
  request: typeof fetch = fetch,
): Promise<readonly FoundCompanion[]> {
  const answers = await Promise.all(ports.map((port) => ask(port, request)));
  return answers.filter((answer) => answer !== undefined);
}

export function companionUrl(port: number, path: string): string {
  return `http://${HOST}:${port}${path}`;
}

async function ask(port: number, request: typeof fetch): Promise<FoundCompanion | undefined> {
  try {
    const answer = await request(companionUrl(port, routes.health), {
      signal: AbortSignal.timeout(ANSWER_MS),
      cache: 'no-store',
    });
    const health = healthSchema.safeParse(await answer.json());
    return health.success ? { port, protocol: health.data.protocol } : undefined;
  } catch {
    // Refused, silent, or blocked by the browser: pages cannot tell which, so the Connect view covers all three.
    return undefined;
  }
}
