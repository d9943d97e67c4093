import { useSignal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { downloadNodes } from '../canvas/picture-download.ts';
import { PAGE_ID } from '../document/node-record.ts';
import { at, CanvasView } from './canvas-view.tsx';
import { DocumentTabs } from './document-tabs.tsx';
import { StudioIcon } from './icon.tsx';
import { handleKey, SHORTCUTS } from './keyboard.ts';
import { Layers } from './layers.tsx';
import type { Notices } from './notices.ts';
import { PluginPanel } from './plugin-panel.tsx';
import type { Studio } from './studio.ts';
import { switchTheme, theme } from './theme.ts';
import { Toolbar } from './toolbar.tsx';

export function App({ studio }: { studio: Studio }) {
  const shortcuts = useRef<HTMLDialogElement>(null);
  const layersButton = useRef<HTMLButtonElement>(null);
  /** True where a narrow window shows the layers: wide ones always do. */
  const layersOpen = useSignal(false);
  /** True while files are held over the canvas. */
  const isDropping = useSignal(false);

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
        class={isDropping.value ? 'dropping' : undefined}
        onDragOver={(event) => {
          event.preventDefault();
          isDropping.value = event.dataTransfer?.types.includes('Files') ?? false;
        }}
        onDragLeave={(event) => {
          // It leaves for each part inside as well.
          if (!event.currentTarget.contains(event.relatedTarget as Node | null)) isDropping.value = false;
        }}
        onDrop={(event) => {
          event.preventDefault();
          isDropping.value = false;
          const files = [...(event.dataTransfer?.files ?? [])];
          const point = studio.session.value.camera.toCanvas(at(event, event.currentTarget));
          if (files.length > 0) studio.addPictures(files, point);
        }}
      >
        <CanvasView studio={studio} />
        <FirstSteps studio={studio} />
        <SelectionBar studio={studio} />
        <Toolbar studio={studio} />
        <NoticeList notices={studio.notices} />
        {isDropping.value ? <p class="drop-hint">Drop pictures to put them on the canvas</p> : null}
      </main>
      <PluginPanel studio={studio} />
      <ShortcutsDialog dialog={shortcuts} />
    </>
  );
}

/** On an empty canvas: how to begin. */
function FirstSteps({ studio }: { studio: Studio }) {
  const { workspace } = studio.session.value;
  workspace.revision.value;
  if (workspace.scene.children(PAGE_ID).length > 0) return null;
  return (
    <section class="first-steps" aria-label="First steps">
      <h2>Show it a product</h2>
      <p>
        Drop three to five pictures of one product here, or paste them. Select them, and teach Likeness what
        they have in common.
      </p>
      <p>No pictures at hand? Begin with these:</p>
      <div class="samples">
        {studio.settings.samples.map(({ name, title, files }) => (
          <button key={name} type="button" onClick={() => studio.addSamples(name)}>
            <img src={`/studio/${files[0]}`} alt="" width="112" height="112" />
            <span>{title}</span>
          </button>
        ))}
      </div>
    </section>
  );
}

/** Announced to screen readers as they come. */
function NoticeList({ notices }: { notices: Notices }) {
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
            <StudioIcon name="close" />
          </button>
        </p>
      ))}
    </div>
  );
}

/** Actions on the selection, the plugin's relaunch buttons included. */
function SelectionBar({ studio }: { studio: Studio }) {
  const { workspace } = studio.session.value;
  workspace.revision.value;
  const nodes = workspace.selectedNodes();
  if (nodes.length === 0) return null;
  const [first] = nodes;
  // Figma shows the buttons that all selected layers have.
  const relaunch = studio.settings.relaunchButtons.filter(({ command }) =>
    nodes.every((node) => node.relaunch[command] !== undefined),
  );
  return (
    <section class="selection-bar" aria-label="Selection">
      <span class="what">{nodes.length === 1 ? first!.name : `${nodes.length} selected`}</span>
      {relaunch.map(({ command, name }) => (
        <button
          key={command}
          type="button"
          class="relaunch"
          title={first!.relaunch[command]}
          onClick={() => studio.relaunch(command)}
        >
          {name}
        </button>
      ))}
      <button
        type="button"
        title="Download as PNG"
        onClick={() => downloadNodes(nodes, workspace.scene, studio.pictures)}
      >
        <StudioIcon name="download" />
        Download
      </button>
      <button type="button" title="Delete" onClick={() => workspace.deleteSelected()}>
        <StudioIcon name="trash" />
      </button>
    </section>
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
