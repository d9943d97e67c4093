import { HOST, PORTS } from '../../../shared/protocol/connection.ts';
import { healthSchema, routes } from '../../../shared/protocol/http.ts';

/** A companion on this computer answers in milliseconds; a foreign program may keep a port silent. */
const ANSWER_MS = 1_500;

export interface FoundCompanion {
  readonly port: number;
  readonly protocol: number;
}

/**
 * Ports that a companion may have: in the studio first the one that served the page, which need be none of Figma's.
 * @param page address of the plugin's page; Figma gives it none of this computer
 * @internal
 */
export function portsToAsk(page: string): readonly number[] {
  const { protocol, hostname, port } = new URL(page);
  const isServed = protocol === 'http:' && hostname === HOST && port !== '';
  return [...new Set([...(isServed ? [Number(port)] : []), ...PORTS])];
}

/** Asks all ports at once and takes the first of them, in the companion's own order, that is one. */
export async function findCompanion(
  request: typeof fetch = fetch,
  ports: readonly number[] = portsToAsk(location.href),
): Promise<FoundCompanion | undefined> {
  const answers = await Promise.all(ports.map((port) => ask(port, request)));
  return answers.find((answer) => answer !== undefined);
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
