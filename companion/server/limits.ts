/**
 * Limits on what the server takes from anyone, each with its reason. Limits that clients have to know as well (message size,
 * pictures per request) are the protocol's own, in shared/protocol.
 */

/** Hello carries a token and a version: a few hundred bytes. One TCP read may bring the next message with it. */
export const UNAUTHENTICATED_MAX_BYTES = 64 * 1024;

/**
 * Sockets with a good token at a time. A designer has a plugin and a studio or two open; the rest is room for those
 * that have not noticed their end.
 */
export const MAX_SOCKETS = 16;

/** Sockets that have not proven who they are. One more, and an old one goes: those of the panel are through in milliseconds. */
export const MAX_UNAUTHENTICATED_SOCKETS = 8;

/** HTTP connections, half-open requests included. A browser opens six a host. One more, and one that does nothing goes. */
export const MAX_CONNECTIONS = 256;

/** Messages that are none of the protocol's. A client of another version sends one or two, never twenty. */
export const MAX_INVALID_MESSAGES = 20;

/** Cost of a message beside its bytes, in ws, in streams and here: a pong of 15 bytes was seen to hold 500. */
export const MESSAGE_COST_BYTES = 1024;

/**
 * With ws and the system at a time; the rest waits here, where a later message can still replace it. A client that has
 * so much to read is not read from either, so that its questions cannot outrun its reading of the answers.
 */
export const OUTBOX_WINDOW_BYTES = 1024 * 1024;

/**
 * A message's parts. A client that takes none within KEEP_ALIVE_MS is let go, so that one that reads half a kilobyte a
 * second is not.
 */
export const FRAGMENT_BYTES = 16 * 1024;

/**
 * Kept for one client, all in all. Results are never left out, so a client that takes nothing is let go instead: it finds
 * its jobs and pictures again when it returns. The largest frame fits, and a batch of 16 pictures at 1024 px.
 */
export const MAX_BACKLOG_BYTES = 64 * 1024 * 1024;

/** Proxies and sleeping laptops leave sockets that look open; two missed answers and they are closed. */
export const KEEP_ALIVE_MS = 30_000;

/**
 * A client in the middle of a long message, of its own or of ours, cannot answer a ping: what comes and goes of it counts
 * as life. Below this rate, in bytes a second, it is someone who holds memory; modems were faster.
 */
export const MIN_BYTES_PER_SECOND = 1024;

/** A message that takes longer than this has to come at the rate above; short ones may come in drops. */
export const MESSAGE_GRACE_MS = 5 * 60_000;

/** Messages, pings and pongs of one client: a hand on the panel makes a few, a panel that comes back some hundred. */
export const MESSAGES_PER_SECOND = 500;
export const MESSAGE_BURST = 1000;

/** Milliseconds for which a client that sends more is not read from; one read may bring ten thousand pings. */
export const MAX_REST_MS = 1_000;

/**
 * Frames of all clients that are held in memory, by socket or HTTP, from their first bytes until they were looked at: 288 MiB
 * of the largest kind. Beside them a socket has texts and beginnings of frames, of 64 KiB each.
 */
export const MAX_FRAMES_IN_MEMORY = 6;

/** Frames of one client in memory, whatever number of sockets it has: others' have places beside those of a flood. */
export const MAX_FRAMES_OF_CLIENT = 3;

/** A frame that is still on its way after this while another waits for its place: on one computer it takes a second. */
export const FRAME_PLACE_TIMEOUT_MS = 10_000;

/** Milliseconds that a client has to close in turn: a slow one has something to read before our close frame and its reason. */
export const FAREWELL_MS = 60_000;

/** Request line and headers; browsers send them at once. Slow ones are someone holding connections open. */
export const HEADERS_TIMEOUT_MS = 5_000;

/** Neither came nor went a byte of a request or its answer, and the other side is waited for. */
export const STALLED_MS = 30_000;

/** A whole request without a token, body included: a page's pairing code. */
export const REQUEST_TIMEOUT_MS = 30_000;

/** Milliseconds between Node's looks for requests over their time; its own 30 s would let them be six times too slow. */
export const TIMEOUT_CHECK_MS = 1_000;

/** Between two requests of one connection. */
export const IDLE_CONNECTION_MS = 5_000;

/** Names, owners, notes: a few thousand characters at most. */
export const MAX_JSON_BYTES = 64 * 1024;

/** A concept of Stable Diffusion 1.5 has 2.5 MB, one of rank 64 in fp32 some 50. */
export const MAX_CONCEPT_FILE_BYTES = 128 * 1024 * 1024;

/** Frames of one socket that are looked at: enough that one which takes long delays no other. */
export const MAX_FRAMES_AT_ONCE = 3;

/** Pictures that one client sends over HTTP and that are still looked at. They wait on the disk. */
export const MAX_IMAGES_WAITING = 8;

/** Pictures and concept files that one client sends at a time. */
export const MAX_UPLOADS_AT_ONCE = 2;

/** Concept files of all clients that are read and used at a time: they are held in memory. */
export const MAX_UPLOADS_IN_MEMORY = 2;

/** Requests of one client that are worked on at a time, the rest in turn; browsers make as many. Answers that it does not
 * take count, so that no more of them are made. */
export const REQUESTS_AT_ONCE = 6;

/**
 * Uploads of one client, as pixels on the disk: one full teaching of small products in Figma's largest frames. Each has a share
 * of its own, so that none pushes out what another sent.
 */
export const UPLOADED_BYTES_OF_CLIENT = 2 * 1024 * 1024 * 1024;

/** Weights that were converted for onnxruntime, those used last: of two models of Stable Diffusion's size, taught too. */
export const MAX_CACHED_WEIGHTS_BYTES = 24 * 1024 * 1024 * 1024;

/** Headers of a browser with its cookies stay below 4 KB; Node's own limit is 16. */
export const MAX_HEADER_BYTES = 8 * 1024;

/** A pairing code is read off one window and typed into another. */
export const PAIRING_CODE_LIFETIME_MS = 10 * 60_000;

/** Enough for a slip or two. Five tries at 900,000 codes, and the next code is a long one. */
export const PAIRING_TRIES = 5;

/** Requests without a valid token a minute: a page and its files are a dozen. */
export const ANONYMOUS_REQUESTS_PER_MINUTE = 300;

/** Requests with a token a minute: a library of hundreds scrolls its thumbnails by. */
export const REQUESTS_PER_MINUTE = 3_000;

/** A page that is closed sends its last requests, removals, as its socket goes; they arrive a moment later. */
export const TICKET_GRACE_MS = 5_000;

/** From the browser's start to the page that pairs itself: a cold one on a slow disk takes most of a minute. */
export const PAIRING_LINK_LIFETIME_MS = 2 * 60_000;

/** Clients that are paired at a time. One more, and the one that was away longest has to pair again. */
export const MAX_TOKENS = 32;
