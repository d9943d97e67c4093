/** The networking that the plugin's manifest asks for. */
export interface NetworkAccess {
  readonly allowedDomains: readonly string[];
}

/**
 * The content policy of a plugin's page in Figma: its own inline script and style, pictures from memory, and the
 * network only where the manifest says. In the studio also the companion that serves it, on whatever port.
 */
export function pluginPolicy({ allowedDomains }: NetworkAccess): string {
  const domains = allowedDomains.filter((domain) => domain !== 'none').join(' ');
  return [
    "default-src 'none'",
    "script-src 'unsafe-inline'",
    "style-src 'unsafe-inline'",
    `img-src data: blob: ${domains}`,
    `media-src data: blob: ${domains}`,
    'font-src data:',
    `connect-src data: blob: 'self' ${domains}`,
    "form-action 'none'",
    "base-uri 'none'",
  ].join('; ');
}

/** The studio's own page: its own files and nothing else; no inline script, so that no file name can become one. */
export const STUDIO_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' blob: data:",
  "connect-src 'self'",
  "worker-src 'self'",
  "frame-src 'self'",
  "form-action 'none'",
  "base-uri 'none'",
].join('; ');
