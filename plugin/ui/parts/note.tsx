import type { ComponentChildren } from 'preact';
import type { ErrorReport } from '../../../shared/protocol/error-report.ts';
import { failureTitle, isMessageForPeople } from './failure-title.ts';
import { Icon } from './icon.tsx';
import { IconButton } from './icon-button.tsx';

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
  /** What it is about, where that is not plain from where it stands. */
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
