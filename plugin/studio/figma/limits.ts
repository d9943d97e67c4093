/**
 * Figma's limits, so that what works in the studio works in Figma. Sources: Figma's plugin documentation and typings
 * (1.142) where a line says nothing else.
 */

/** createImage: longest side. */
export const FIGMA_IMAGE_MAX_SIDE = 4096;

/** One entry of plugin data: plugin id, key and value together. */
export const PLUGIN_DATA_MAX_BYTES = 100 * 1024;

/** All of a plugin's client storage for one person. */
export const CLIENT_STORAGE_MAX_BYTES = 5 * 1024 * 1024;

/** notify: longer messages are cut. */
export const NOTIFICATION_MAX_CHARACTERS = 100;

export const NOTIFICATION_DEFAULT_MS = 3_000;

/** showUI: smaller windows are made this large. */
export const WINDOW_MIN = { width: 70, height: 0 } as const;

/** showUI without a size. */
export const WINDOW_DEFAULT = { width: 300, height: 200 } as const;

/** setSharedPluginData: a namespace is at least this long. */
export const NAMESPACE_MIN_CHARACTERS = 3;

/** resize: the smallest size of a layer that is no line. */
export const NODE_MIN_SIZE = 0.01;

/** Export: the longest side that Chromium's canvas draws; Figma scales larger exports down, the studio refuses. */
export const EXPORT_MAX_SIDE = 16_384;
