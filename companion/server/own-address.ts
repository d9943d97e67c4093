/**
 * Names by which this computer calls itself. A page of a foreign site can have its own name resolve to 127.0.0.1
 * (DNS rebinding): its requests then arrive here, but with that name as `Host`.
 * Which pages may talk to the companion at all. This keeps foreign sites out; it proves nothing about those it lets
 * in, since any sandboxed iframe on any site has the origin `null`, as the plugin has. The token is what proves.
 */

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const;

/** A browser leaves :80 out, but no browser is sent here without a port: it is always required. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host !== undefined && LOOPBACK_NAMES.some((name) => host.toLowerCase() === `${name}:${port}`);
}

/** Origins of the pages that this server itself serves. */
function ownOrigins(port: number): readonly string[] {
  return LOOPBACK_NAMES.map((name) => `http://${name}:${port}`);
}

/** As people and the plugin's manifest write it: Figma allows the word localhost only. */
export function serverAddress(port: number): string {
  return `http://localhost:${port}`;
}

/** The plugin's iframe, and Figma itself where it loads the plugin's page from its own site. */
const PLUGIN_ORIGINS = ['null', 'https://www.figma.com', 'https://figma.com'] as const;

export type OriginVerdict = 'allowed' | 'foreign' | 'missing';

/** Missing: a command-line client, or a page's own address typed into a browser. */
export function judgeOrigin(origin: string | undefined, port: number): OriginVerdict {
  if (origin === undefined) return 'missing';
  const known: readonly string[] = [...PLUGIN_ORIGINS, ...ownOrigins(port)];
  return known.includes(origin) ? 'allowed' : 'foreign';
}
