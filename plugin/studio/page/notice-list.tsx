import { Icon } from './icon.tsx';
import type { Notices } from './notices.ts';

/** Announced to screen readers as they come. */
export function NoticeList({ notices }: { notices: Notices }) {
  return (
    <div class="notices" role="status" aria-live="polite">
      {notices.shown.value.map(({ id, text, error, button }) => (
        <p key={id} class={error ? 'error' : undefined}>
          <span>{text}</span>
          {button && (
            <button type="button" onClick={() => notices.end(id, 'action_button_click')}>
              {button}
            </button>
          )}
          <button type="button" aria-label="Dismiss" onClick={() => notices.end(id, 'dismiss')}>
            <Icon name="close" />
          </button>
        </p>
      ))}
    </div>
  );
}
