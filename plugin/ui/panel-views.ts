/** Views of the panel, by their names. views/shell.tsx shows them. */

/** A tab each, in this order. */
export const VIEWS = ['generate', 'teach', 'library', 'history'] as const;
/** Opened from the status bar, or from a tab's view: they have no tab. */
export const STATUS_VIEWS = ['computer', 'models', 'catalogue'] as const;

export type TabView = (typeof VIEWS)[number];
export type StatusView = (typeof STATUS_VIEWS)[number];
export type PanelView = TabView | StatusView;
