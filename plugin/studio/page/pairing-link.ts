import { PAIRING_FRAGMENT } from '../../../shared/protocol/connection.ts';

let link = takenFromAddress();

/** The fragment by which the panel's first page pairs itself, once; empty where the studio was opened by hand. */
export function takePairingLink(): string {
  const taken = link;
  link = '';
  return taken;
}

/** Out of the address, and so of reloads, bookmarks and copies. */
function takenFromAddress(): string {
  const { hash, pathname, search } = location;
  if (!hash.startsWith(PAIRING_FRAGMENT)) return '';
  history.replaceState(null, '', pathname + search);
  return hash;
}
