import type { JSX } from 'preact';
import { useApp } from '../app-context.ts';

interface MissingListProps {
  /** Whether the companion has told what there is. */
  readonly isKnown: boolean;
  /** What there is when there is nothing. */
  readonly children: JSX.Element;
}

/** In place of a list without entries: only the companion's answer makes it an empty one. */
export function MissingList({ isKnown, children }: MissingListProps) {
  const isAway = !useApp().connected.value;
  if (isAway) return <p class="nothing">The companion is away. What it keeps shows here when it is back.</p>;
  return isKnown ? children : null;
}
