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
