import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { at, CanvasView } from './canvas-view.tsx';
import { DocumentTabs } from './document-tabs.tsx';
import { FirstSteps } from './first-steps.tsx';
import { Icon } from './icon.tsx';
import { handleKey } from './keyboard.ts';
import { Layers } from './layers.tsx';
import { NoticeList } from './notice-list.tsx';
import { PluginPanel } from './plugin-panel.tsx';
import { SelectionBar } from './selection-bar.tsx';
import { ShortcutsDialog } from './shortcuts-dialog.tsx';
import type { Studio } from './studio.ts';
import { switchTheme, theme } from './theme.ts';
import { Toolbar } from './toolbar.tsx';

export function App({ studio }: { studio: Studio }) {
  const shortcuts = useRef<HTMLDialogElement>(null);
  const layersButton = useRef<HTMLButtonElement>(null);
  /** Of narrow windows: wide ones always show them. */
  const layersOpen = useSignal(false);

  useEffect(() => {
    const key = (event: KeyboardEvent) => handleKey(event, studio);
    const paste = (event: ClipboardEvent) => {
      const files = [...(event.clipboardData?.files ?? [])];
      if (files.length > 0) studio.addPictures(files);
    };
    addEventListener('keydown', key);
    addEventListener('paste', paste);
    return () => {
      removeEventListener('keydown', key);
      removeEventListener('paste', paste);
    };
  }, []);

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
          <Icon name="layers" />
          Layers
        </button>
        <span class="brand">
          <img src="/studio/icon.svg" alt="" width="20" height="20" />
          Likeness
        </span>
        <DocumentTabs studio={studio} />
        <button
          type="button"
          title="Keyboard shortcuts"
          aria-label="Keyboard shortcuts"
          onClick={() => shortcuts.current?.showModal()}
        >
          <Icon name="keyboard" />
        </button>
        <button
          type="button"
          title="Light or dark"
          aria-label={theme.value === 'light' ? 'Switch to dark' : 'Switch to light'}
          onClick={switchTheme}
        >
          <Icon name={theme.value === 'light' ? 'moon' : 'sun'} />
        </button>
      </header>
      <Layers
        studio={studio}
        isOpen={layersOpen.value}
        onClose={() => {
          layersOpen.value = false;
          layersButton.current?.focus();
        }}
      />
      <main
        aria-label="Canvas"
        onDragOver={(event) => event.preventDefault()}
        onDrop={(event) => {
          event.preventDefault();
          const files = [...(event.dataTransfer?.files ?? [])];
          const point = studio.desk.value.camera.toCanvas(at(event, event.currentTarget));
          if (files.length > 0) studio.addPictures(files, point);
        }}
      >
        <CanvasView studio={studio} />
        <FirstSteps studio={studio} />
        <SelectionBar studio={studio} />
        <Toolbar studio={studio} />
        <NoticeList notices={studio.notices} />
      </main>
      <PluginPanel studio={studio} />
      <ShortcutsDialog dialog={shortcuts} />
    </>
  );
}
