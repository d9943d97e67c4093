import type { Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useRef } from 'preact/hooks';
import { DocumentTabs } from './document-tabs.tsx';
import { StudioIcon } from './icon.tsx';
import { SHORTCUTS } from './keyboard.ts';
import type { Studio } from './studio.ts';
import { switchTheme, theme } from './theme.ts';

interface TopBarProps {
  readonly studio: Studio;
  readonly layersButton: RefObject<HTMLButtonElement | null>;
  readonly layersOpen: Signal<boolean>;
}

export function TopBar({ studio, layersButton, layersOpen }: TopBarProps) {
  const shortcuts = useRef<HTMLDialogElement>(null);
  return (
    <>
      <header class="top-bar">
        <button
          ref={layersButton}
          type="button"
          class="layers-button"
          aria-expanded={layersOpen.value}
          aria-controls="layers"
          onClick={() => {
            layersOpen.value = !layersOpen.value;
          }}
        >
          <StudioIcon name="layers" />
          Layers
        </button>
        <h1 class="brand">
          <img src="/studio/icon.svg" alt="" width="20" height="20" />
          Likeness
        </h1>
        <DocumentTabs studio={studio} />
        <button
          type="button"
          title="Keyboard shortcuts"
          aria-label="Keyboard shortcuts"
          onClick={() => shortcuts.current?.showModal()}
        >
          <StudioIcon name="keyboard" />
        </button>
        <button
          type="button"
          title="Light or dark"
          aria-label={theme.value === 'light' ? 'Switch to dark' : 'Switch to light'}
          onClick={switchTheme}
        >
          <StudioIcon name={theme.value === 'light' ? 'moon' : 'sun'} />
        </button>
      </header>
      <ShortcutsDialog dialog={shortcuts} />
    </>
  );
}

function ShortcutsDialog({ dialog }: { dialog: RefObject<HTMLDialogElement | null> }) {
  return (
    <dialog ref={dialog} class="shortcuts" aria-labelledby="shortcuts-title">
      <header>
        <h2 id="shortcuts-title">Keyboard shortcuts</h2>
        <button type="button" aria-label="Close" onClick={() => dialog.current?.close()}>
          <StudioIcon name="close" />
        </button>
      </header>
      <dl>
        {SHORTCUTS.map(({ keys, does }) => (
          <div key={keys}>
            <dt>{does}</dt>
            <dd>
              <kbd>{keys}</kbd>
            </dd>
          </div>
        ))}
      </dl>
    </dialog>
  );
}
