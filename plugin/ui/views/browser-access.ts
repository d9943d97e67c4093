/**
 * What the browser says of pages that reach programs on this computer. Chrome asks people for it, and has used two
 * names for the permission; desktop apps and other browsers know neither, and then nothing is known.
 */

export type BrowserAccess = 'granted' | 'denied' | 'prompt' | 'unknown';

const PERMISSIONS = ['loopback-network', 'local-network-access'];

export async function browserAccess(): Promise<BrowserAccess> {
  for (const name of PERMISSIONS) {
    try {
      const { state } = await navigator.permissions.query({ name: name as PermissionName });
      return state;
    } catch {
      // This browser does not know the name.
    }
  }
  return 'unknown';
}

export function isFigmaDesktop(): boolean {
  return navigator.userAgent.includes('Figma/');
}
