import { useRef } from 'preact/hooks';
import type { Tool } from '../canvas/pointer.ts';
import { StudioIcon, type StudioIconName } from './icon.tsx';
import type { Studio } from './studio.ts';

const TOOLS: readonly { readonly tool: Tool; readonly icon: StudioIconName; readonly label: string }[] = [
  { tool: 'select', icon: 'select', label: 'Select (V)' },
  { tool: 'frame', icon: 'frame', label: 'Frame (F)' },
  { tool: 'rectangle', icon: 'rectangle', label: 'Rectangle (R)' },
  { tool: 'hand', icon: 'hand', label: 'Pan (H)' },
];

export function Toolbar({ studio }: { studio: Studio }) {
  const picker = useRef<HTMLInputElement>(null);
  const { pointer, workspace, camera } = studio.session.value;
  workspace.revision.value;
  return (
    <div class="toolbar" role="toolbar" aria-label="Tools">
      {TOOLS.map(({ tool, icon, label }) => (
        <button
          key={tool}
          type="button"
          title={label}
          aria-label={label}
          aria-pressed={pointer.tool.value === tool}
          onClick={() => {
            pointer.tool.value = tool;
          }}
        >
          <StudioIcon name={icon} />
        </button>
      ))}
      <i />
      <button
        type="button"
        title="Add pictures"
        aria-label="Add pictures"
        onClick={() => picker.current?.click()}
      >
        <StudioIcon name="picture" />
      </button>
      <input
        ref={picker}
        type="file"
        accept="image/*"
        multiple
        hidden
        onChange={(event) => {
          studio.addPictures([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
      <i />
      <button
        type="button"
        title="Undo (Ctrl+Z)"
        aria-label="Undo"
        disabled={!workspace.canUndo}
        onClick={() => workspace.undo()}
      >
        <StudioIcon name="undo" />
      </button>
      <button
        type="button"
        title="Redo (Ctrl+Shift+Z)"
        aria-label="Redo"
        disabled={!workspace.canRedo}
        onClick={() => workspace.redo()}
      >
        <StudioIcon name="redo" />
      </button>
      <i />
      <button
        type="button"
        class="zoom"
        title="Zoom to fit (Shift+1)"
        aria-label={`Zoom ${Math.round(camera.state.value.zoom * 100)} %, zoom to fit`}
        onClick={() => studio.zoomToFit()}
      >
        {Math.round(camera.state.value.zoom * 100)} %
      </button>
    </div>
  );
}
