/** Where the companion listens. Figma freezes addresses into the manifest, so they can never be chosen at random. */

/**
 * Tried in this order. All lie below the ranges from which systems hand out ports for outgoing connections
 * (32768 and up on Linux, 49152 and up elsewhere), and no well-known service is registered for them.
 */
export const PORTS = [17653, 17654, 17655] as const;

/** The only host word that Figma's manifest accepts for this computer. */
export const HOST = 'localhost';

/** Path of the WebSocket. */
export const SOCKET_PATH = '/socket';
