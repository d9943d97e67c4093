import { downloadNodes } from '../canvas/picture-download.ts';
import type { Studio } from './studio.ts';
import { switchTheme } from './theme.ts';

export interface Shortcut {
  readonly keys: string;
  readonly does: string;
}

/** The list in the help dialog. */
export const SHORTCUTS: readonly Shortcut[] = [
  { keys: 'V', does: 'Select and move' },
  { keys: 'F', does: 'Draw a frame' },
  { keys: 'R', does: 'Draw a rectangle' },
  { keys: 'H or Space', does: 'Pan' },
  { keys: 'Arrows, Shift+Arrows', does: 'Move the selection by 1 or 10 px' },
  { keys: 'Delete', does: 'Delete the selection' },
  { keys: 'Ctrl+A, Escape', does: 'Select all, select nothing' },
  { keys: 'Ctrl+Z, Ctrl+Shift+Z', does: 'Undo, redo' },
  { keys: 'Ctrl+Shift+E', does: 'Download the selection' },
  { keys: 'Ctrl+V', does: 'Paste pictures' },
  { keys: '+, −, Shift+0, Shift+1', does: 'Zoom in, out, to 100 %, to fit' },
  { keys: 'Ctrl+Shift+D', does: 'Light or dark' },
];

const STEPS: Readonly<Record<string, readonly [number, number]>> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
};

/** Screen readers and keyboards use arrows and letters inside these. */
function typesIn(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, [contenteditable], dialog') !== null
  );
}

export function handleKey(event: KeyboardEvent, studio: Studio): void {
  if (typesIn(event.target)) return;
  const command = event.ctrlKey || event.metaKey;
  const handled = command ? commandKey(event, studio) : plainKey(event, studio);
  if (handled) event.preventDefault();
}

function commandKey({ code, shiftKey }: KeyboardEvent, studio: Studio): boolean {
  const { workspace } = studio.session.value;
  const key = shiftKey ? `Shift+${code}` : code;
  const actions: Readonly<Record<string, () => void>> = {
    KeyZ: () => workspace.undo(),
    'Shift+KeyZ': () => workspace.redo(),
    KeyY: () => workspace.redo(),
    KeyA: () => workspace.selectAll(),
    'Shift+KeyE': () => downloadNodes(workspace.selectedNodes(), workspace.scene, studio.pictures),
    'Shift+KeyD': switchTheme,
  };
  actions[key]?.();
  return key in actions;
}

function plainKey(event: KeyboardEvent, studio: Studio): boolean {
  const { workspace, pointer, camera } = studio.session.value;
  const onControl =
    event.target instanceof HTMLElement && event.target.closest('button, [role=option], [role=tab]');
  const step = STEPS[event.key];
  if (step && !onControl) {
    const length = event.shiftKey ? 10 : 1;
    workspace.moveSelected(step[0] * length, step[1] * length);
    return true;
  }
  const { zoom } = camera.state.value;
  const actions: Readonly<Record<string, () => void>> = {
    Delete: () => workspace.deleteSelected(),
    Backspace: () => workspace.deleteSelected(),
    Escape: () => {
      workspace.selection.value = [];
      pointer.tool.value = 'select';
    },
    v: () => (pointer.tool.value = 'select'),
    f: () => (pointer.tool.value = 'frame'),
    r: () => (pointer.tool.value = 'rectangle'),
    h: () => (pointer.tool.value = 'hand'),
    '+': () => camera.zoomTo(zoom * 1.25),
    '=': () => camera.zoomTo(zoom * 1.25),
    '-': () => camera.zoomTo(zoom / 1.25),
  };
  // With Shift, digits are other characters on every keyboard; their place is not.
  const shifted: Readonly<Record<string, () => void>> = {
    Digit0: () => camera.zoomTo(1),
    Digit1: () => studio.zoomToFit(),
  };
  const action = event.shiftKey && shifted[event.code] ? shifted[event.code] : actions[event.key];
  action?.();
  return action !== undefined;
}
