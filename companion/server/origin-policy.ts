/**
 * Which pages may talk to the companion at all. This keeps foreign sites out; it proves nothing about those it lets
 * in, since any sandboxed iframe on any site has the origin `null`, as the plugin has. The token is what proves.
 */

import { ownOrigins } from './own-address.ts';

/** The plugin's iframe, and Figma itself where it loads the plugin's page from its own site. */
const PLUGIN_ORIGINS = ['null', 'https://www.figma.com', 'https://figma.com'] as const;

export type OriginVerdict = 'allowed' | 'foreign' | 'missing';

/** Missing: a command-line client, or a page's own address typed into a browser. */
export function judgeOrigin(origin: string | undefined, port: number): OriginVerdict {
  if (origin === undefined) return 'missing';
  const known: readonly string[] = [...PLUGIN_ORIGINS, ...ownOrigins(port)];
  return known.includes(origin) ? 'allowed' : 'foreign';
}
