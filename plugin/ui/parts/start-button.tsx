import type { ComponentChildren, Ref } from 'preact';

interface StartButtonProps {
  readonly button?: Ref<HTMLButtonElement>;
  readonly disabled: boolean;
  readonly children: ComponentChildren;
}

const KEYS = navigator.userAgent.includes('Mac') ? '⌘ Enter' : 'Ctrl+Enter';

/** What starts work, with the keys that start it from every field of its form. */
export function StartButton({ button = null, disabled, children }: StartButtonProps) {
  return (
    <button
      ref={button}
      type="submit"
      class="button primary wide start"
      title={`${KEYS} in any field`}
      aria-keyshortcuts="Control+Enter Meta+Enter"
      disabled={disabled}
    >
      {children}
      <span class="keys" aria-hidden="true">
        {KEYS}
      </span>
    </button>
  );
}
