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
  const { pointer, workspace, camera } = studio.session.value;
  workspace.revision.value;
  const zoom = `${Math.round(camera.state.value.zoom * 100)} %`;
  return (
    <div class="toolbar" role="toolbar" aria-label="Tools">
      {TOOLS.map(({ tool, icon, label }) => (
        <ToolButton
          key={tool}
          icon={icon}
          label={label}
          pressed={pointer.tool.value === tool}
          onClick={() => {
            pointer.tool.value = tool;
          }}
        />
      ))}
      <i />
      <PictureButton onPick={(files) => studio.addPictures(files)} />
      <i />
      <ToolButton
        icon="undo"
        label="Undo"
        keys="Ctrl+Z"
        disabled={!workspace.canUndo}
        onClick={() => workspace.undo()}
      />
      <ToolButton
        icon="redo"
        label="Redo"
        keys="Ctrl+Shift+Z"
        disabled={!workspace.canRedo}
        onClick={() => workspace.redo()}
      />
      <i />
      <button
        type="button"
        class="zoom"
        title="Zoom to fit (Shift+1)"
        aria-label={`Zoom ${zoom}, zoom to fit`}
        onClick={() => studio.zoomToFit()}
      >
        {zoom}
      </button>
    </div>
  );
}

interface ToolButtonProps {
  readonly icon: StudioIconName;
  readonly label: string;
  /** Told beside the label by its title alone. */
  readonly keys?: string;
  readonly pressed?: boolean;
  readonly disabled?: boolean;
  readonly onClick: () => void;
}

function ToolButton({ icon, label, keys, pressed, disabled, onClick }: ToolButtonProps) {
  return (
    <button
      type="button"
      title={keys === undefined ? label : `${label} (${keys})`}
      aria-label={label}
      aria-pressed={pressed}
      disabled={disabled}
      onClick={onClick}
    >
      <StudioIcon name={icon} />
    </button>
  );
}

/** Asks for picture files. */
function PictureButton({ onPick }: { readonly onPick: (files: readonly File[]) => void }) {
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <ToolButton icon="picture" label="Add pictures" onClick={() => picker.current?.click()} />
      <input
        ref={picker}
        type="file"
        accept="image/*"
        multiple
        hidden
        onChange={(event) => {
          onPick([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = '';
        }}
      />
    </>
  );
}
