import type { ComponentChildren, Ref } from 'preact';
import type { Progress } from '../../../shared/protocol/server-messages.ts';
import { useApp } from '../app-context.ts';
import { timeLeft } from '../work/labels.ts';
import { Icon } from './icon.tsx';

interface SearchFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (text: string) => void;
}

export function SearchField({ label, value, onChange }: SearchFieldProps) {
  return (
    <div class="search">
      <Icon name="search" />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={value}
        onInput={({ currentTarget }) => onChange(currentTarget.value)}
      />
    </div>
  );
}

interface StartButtonProps {
  readonly button?: Ref<HTMLButtonElement>;
  readonly disabled: boolean;
  readonly children: ComponentChildren;
}

/** The button that starts work, with the keys that start it from every field of its form. */
export function StartButton({ button = null, disabled, children }: StartButtonProps) {
  const keys = navigator.userAgent.includes('Mac') ? '⌘ Enter' : 'Ctrl+Enter';
  return (
    <button
      ref={button}
      type="submit"
      class="button primary wide start"
      title={`${keys} in any field`}
      aria-keyshortcuts="Control+Enter Meta+Enter"
      disabled={disabled}
    >
      <span class="start-text">{children}</span>
      <span class="keys" aria-hidden="true">
        {keys}
      </span>
    </button>
  );
}

interface ProgressBarProps {
  readonly label: string;
  /** 0..100; null while there is nothing to count. */
  readonly percent: number | null;
}

export function ProgressBar({ label, percent }: ProgressBarProps) {
  return (
    <div
      class={percent === null ? 'progress waiting' : 'progress'}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent ?? undefined}
    >
      <div style={percent === null ? undefined : { transform: `scaleX(${percent / 100})` }} />
    </div>
  );
}

/** Time left of the running job. The last estimate stays until the next one comes. */
export function TimeLeft({ progress }: { readonly progress: Progress | undefined }) {
  const isAway = !useApp().connected.value;
  return (
    <span class="quiet">{isAway ? 'Paused: the companion is away' : timeLeft(progress?.secondsLeft)}</span>
  );
}
