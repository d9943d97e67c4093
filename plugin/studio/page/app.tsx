import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { downloadNodes } from '../canvas/picture-download.ts';
import { PAGE_ID } from '../document/node-record.ts';
import { at, CanvasView } from './canvas-view.tsx';
import { StudioIcon } from './icon.tsx';
import { handleKey } from './keyboard.ts';
import { Layers } from './layers.tsx';
import type { Notices } from './notices.ts';
import { PluginPanel } from './plugin-panel.tsx';
import type { Studio } from './studio.ts';
import { Toolbar } from './toolbar.tsx';
import { TopBar } from './top-bar.tsx';

export function App({ studio }: { studio: Studio }) {
  const layersButton = useRef<HTMLButtonElement>(null);
  /** True where a narrow window shows the layers: wide ones always do. */
  const layersOpen = useSignal(false);
  useKeyboard(studio);
  return (
    <>
      <TopBar studio={studio} layersButton={layersButton} layersOpen={layersOpen} />
      <Layers
        studio={studio}
        isOpen={layersOpen.value}
        onClose={() => {
          layersOpen.value = false;
          layersButton.current?.focus();
        }}
      />
      <CanvasArea studio={studio} />
      <PluginPanel studio={studio} />
    </>
  );
}

/** Keys of the whole page, and pictures that are pasted. */
function useKeyboard(studio: Studio): void {
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
}

/** The canvas and what lies over it; pictures can be dropped there. */
function CanvasArea({ studio }: { studio: Studio }) {
  /** True while files are held over it. */
  const isDropping = useSignal(false);
  return (
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
        Drop three to eight pictures of one product here, or paste them. Select them, and teach Likeness what
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
