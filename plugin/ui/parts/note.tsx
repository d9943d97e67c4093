import type { ComponentChildren, JSX } from 'preact';
import type { ErrorReport } from '../../../shared/protocol/zod.ts';
import { useApp } from '../app-context.ts';
import { failureTitle, isMessageForPeople } from './failure-title.ts';
import { Icon, IconButton } from './icon.tsx';

interface NoteProps {
  readonly tone: 'info' | 'warning' | 'danger';
  readonly title: string;
  readonly children?: ComponentChildren;
  readonly onClose?: () => void;
}

export function Note({ tone, title, children, onClose }: NoteProps) {
  return (
    <div class={`note ${tone}`} role={tone === 'danger' ? 'alert' : undefined}>
      {tone === 'info' ? null : <Icon name="warning" />}
      <div class="note-text">
        <strong>{title}</strong>
        {children}
      </div>
      {onClose === undefined ? null : <IconButton icon="close" label="Dismiss" onClick={onClose} />}
    </div>
  );
}

interface FailureNoteProps {
  readonly report: ErrorReport;
  /** Its subject, where that is not plain from its place. */
  readonly subject?: string | null;
  readonly onClose?: () => void;
}

export function FailureNote({ report, subject, onClose }: FailureNoteProps) {
  const close = onClose === undefined ? {} : { onClose };
  return (
    <Note tone="danger" title={failureTitle(report.code)} {...close}>
      {subject ? <p>Frame “{subject}”</p> : null}
      {isMessageForPeople(report.code) ? <p>{report.message}</p> : null}
      <p>{report.advice}</p>
    </Note>
  );
}

interface MissingListProps {
  /** True once the companion has sent the list. */
  readonly isKnown: boolean;
  /** Shown where the list is empty. */
  readonly children: JSX.Element;
}

/** In place of a list without entries: only the companion's answer makes it an empty one. */
export function MissingList({ isKnown, children }: MissingListProps) {
  const isAway = !useApp().connected.value;
  if (isAway) return <p class="nothing">The companion is away. What it keeps shows here when it is back.</p>;
  return isKnown ? children : null;
}

interface RemovedBannerProps {
  readonly what: string;
  readonly action: 'Undo' | 'Restore';
  readonly onAction: () => void;
}

/** Stands where something was, or above what is left, and brings it back with one click. */
export function RemovedBanner({ what, action, onAction }: RemovedBannerProps) {
  return (
    <div class="banner" role="status">
      <span class="banner-text">Removed {what}.</span>
      <button type="button" class="link" onClick={onAction}>
        {action}
      </button>
    </div>
  );
}
