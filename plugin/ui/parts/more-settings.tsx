import type { ComponentChildren } from 'preact';
import { Icon } from './icon.tsx';

interface MoreSettingsProps {
  /** Number of settings inside that are not as recommended: nobody is to wonder about one that is out of sight. */
  readonly changed: number;
  readonly onReset: () => void;
  readonly children: ComponentChildren;
}

export function MoreSettings({ changed, onReset, children }: MoreSettingsProps) {
  return (
    <div class="more">
      <details>
        <summary>
          <Icon name="chevron" /> More settings
          {changed === 0 ? null : <span class="changed">{changed} changed</span>}
        </summary>
        {children}
      </details>
      {changed === 0 ? null : (
        <button type="button" class="link" title="Back to what is recommended" onClick={onReset}>
          Reset
        </button>
      )}
    </div>
  );
}
