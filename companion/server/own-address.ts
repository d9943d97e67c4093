/**
 * isOwnHost, judgeOrigin: the names by which this computer calls itself, and the pages that may talk to the companion. A page of a
 * foreign site can have its own name resolve to 127.0.0.1 (DNS rebinding): its requests then arrive here, but with that name as
 * `Host`. An allowed origin proves nothing, since any sandboxed iframe on any site has the origin `null`, as the plugin has; the
 * ticket proves.
 */

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const;

/** HTTP's own (RFC 9110, 4.2.1): clients leave it out of Host, and browsers out of Origin. */
const DEFAULT_PORT = 80;

/** This computer's names with the port, in every way in which a client may write them. */
function ownAuthorities(port: number): readonly string[] {
  const withPort = LOOPBACK_NAMES.map((name) => `${name}:${port}`);
  return port === DEFAULT_PORT ? [...withPort, ...LOOPBACK_NAMES] : withPort;
}

/** A host without a port means port 80, whatever port the request came to. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host !== undefined && ownAuthorities(port).includes(host.toLowerCase());
}

/** Origins of the pages that this server itself serves. */
function ownOrigins(port: number): readonly string[] {
  return ownAuthorities(port).map((authority) => `http://${authority}`);
}

/** As people and the plugin's manifest write it: Figma allows the word localhost only. */
export function serverAddress(port: number): string {
  return port === DEFAULT_PORT ? 'http://localhost' : `http://localhost:${port}`;
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
