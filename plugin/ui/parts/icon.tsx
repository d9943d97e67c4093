/**
 * Line icons on Figma's 16 px grid. Always beside words or in a labelled button, so hidden from screen readers.
 */

const PATHS = {
  check: 'M3.5 8.5l3 3 6-7',
  chevron: 'M6 4.5L9.5 8 6 11.5',
  close: 'M4.5 4.5l7 7m0-7l-7 7',
  down: 'M8 3.5v9m-3.5-3.5L8 12.5 11.5 9',
  file: 'M4.5 2.5h4.5l2.5 2.5v8.5h-7zM8.5 2.5v3h3',
  folder: 'M2.5 4.5h4l1.5 1.5h5.5v6.5h-11z',
  frame: 'M5 2.5v11M11 2.5v11M2.5 5h11M2.5 11h11',
  lock: 'M4.5 7.5h7v5h-7zM6 7.5v-2a2 2 0 0 1 4 0v2',
  unlock: 'M4.5 7.5h7v5h-7zM6 7.5v-2a2 2 0 0 1 3.8-.9',
  locate: 'M8 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM8 2v3.5M8 10.5V14M2 8h3.5M10.5 8H14',
  mask: 'M8 3.5a4.5 4.5 0 1 0 0 9zM8 3.5a4.5 4.5 0 0 1 0 9',
  more: 'M3.5 7.5h1v1h-1zM7.5 7.5h1v1h-1zM11.5 7.5h1v1h-1z',
  place: 'M3.5 3.5h9v9h-9zM8 6v4M6 8h4',
  redo: 'M12.5 8a4.5 4.5 0 1 1-1.5-3.4M11.5 2.5v2.4H9.1',
  shuffle: 'M3 5h2.5l5 6H13M3 11h2.5L7 9.2M9 6.8L10.5 5H13M11.5 3.5L13 5l-1.5 1.5M11.5 9.5L13 11l-1.5 1.5',
  search: 'M7 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM10 10l3 3',
  trash: 'M3.5 4.5h9M6.5 4.5v-1h3v1M5 4.5l.5 8h5l.5-8',
  undo: 'M3.5 8a4.5 4.5 0 1 0 1.5-3.4M4.5 2.5v2.4h2.4',
  up: 'M8 12.5v-9M4.5 7L8 3.5 11.5 7',
  warning: 'M8 3l5.5 9.5h-11zM8 6.5v3M8 11h.01',
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { readonly name: IconName }) {
  return (
    <svg class="icon" width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

interface IconButtonProps {
  readonly icon: IconName;
  /** Its action, for tooltip and screen reader. */
  readonly label: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

export function IconButton({ icon, label, pressed, disabled = false, onClick }: IconButtonProps) {
  return (
    <button
      type="button"
      class="icon-button"
      title={label}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <Icon name={icon} />
    </button>
  );
}
