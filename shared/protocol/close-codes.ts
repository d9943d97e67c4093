/** Why the companion closed a socket: codes of RFC 6455, told apart by their reason, which is the name here. */

export const CLOSE_CODES = {
  /** The companion is shutting down; jobs go on when it is started again. */
  goodbye: 1001,
  /** No hello in time, or one that was refused. */
  unauthenticated: 1008,
  /** Too many messages that are none of the protocol's. */
  junk: 1008,
  /** The token was revoked. */
  revoked: 1008,
} as const;

export type CloseReason = keyof typeof CLOSE_CODES;
