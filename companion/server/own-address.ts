/**
 * Names by which this computer calls itself. A page of a foreign site can have its own name resolve to 127.0.0.1
 * (DNS rebinding): its requests then arrive here, but with that name as `Host`.
 */

const LOOPBACK_NAMES = ['localhost', '127.0.0.1', '[::1]'] as const;

/** A browser leaves :80 out, but no browser is sent here without a port: it is always required. */
export function isOwnHost(host: string | undefined, port: number): boolean {
  return host !== undefined && LOOPBACK_NAMES.some((name) => host.toLowerCase() === `${name}:${port}`);
}

/** Origins of the pages that this server itself serves. */
export function ownOrigins(port: number): readonly string[] {
  return LOOPBACK_NAMES.map((name) => `http://${name}:${port}`);
}

/** As people and the plugin's manifest write it: Figma allows the word localhost only. */
export function serverAddress(port: number): string {
  return `http://localhost:${port}`;
}
