/** Why a socket was closed by the companion, as the codes of RFC 6455. */

export const CLOSE = {
  /** The companion is shutting down; jobs go on when it is started again. */
  goodbye: 1001,
  /** No hello in time, or one that was refused. */
  unauthenticated: 1008,
  /** Too many messages that are none of the protocol's. */
  junk: 1008,
  /** The token was revoked. */
  revoked: 1008,
} as const;
