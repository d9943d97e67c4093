/**
 * The companion's addresses, protocol version and close codes. Figma freezes addresses into the manifest, so that they
 * can never be chosen at random.
 */

/**
 * Tried in this order. All lie below the ranges from which systems hand out ports for outgoing connections
 * (32768 and up on Linux, 49152 and up elsewhere), and no well-known service is registered for them.
 */
export const PORTS = [17653, 17654, 17655] as const;

/** The only host word that Figma's manifest accepts for this computer. */
export const HOST = 'localhost';

/** Before the secret in the address of a page that pairs itself: browsers send no fragment to a server. */
export const PAIRING_FRAGMENT = '#pair=';

/** Path of the WebSocket. */
export const SOCKET_PATH = '/socket';

/** Codes of RFC 6455 by the reason that is sent with them, which tells equal codes apart. */
export const CLOSE_CODES = {
  /** The companion is shutting down; jobs go on when it is started again. */
  goodbye: 1001,
  /** No hello in time, or one that was refused. */
  unauthenticated: 1008,
  /** Too many messages that are none of the protocol's. */
  junk: 1008,
  /** The token was revoked. */
  revoked: 1008,
  /** It read or sent too slowly, so that too much was kept for it. It finds everything again when it comes back. */
  slow: 1013,
  /** No sign of life, twice in a row. */
  silent: 1001,
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;

/**
 * The protocol's number. It goes up when an older client would misread a message or send one that is refused;
 * a new optional field is no reason. There is no negotiation: companion and plugin are installed together.
 */
export const PROTOCOL_VERSION = 4;
