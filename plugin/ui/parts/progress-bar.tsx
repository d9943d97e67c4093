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
