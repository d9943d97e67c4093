import { useEffect } from 'preact/hooks';

/**
 * Moves the focus to the heading of new content when what had it is gone with the old: it would start over at the top
 * of the page. The focus of people who are at work on the canvas stays there.
 */
export function useHeadingForLostFocus(content: string): void {
  useEffect(() => {
    if (!document.hasFocus() || document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>('#panel h2[tabindex]')?.focus();
  }, [content]);
}
