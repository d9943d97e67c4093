import { useSignal } from '@preact/signals';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { type NodeRecord, PAGE_ID } from '../document/node-record.ts';
import { hashesIn } from '../store/picture-store.ts';
import { StudioIcon } from './icon.tsx';
import type { Studio } from './studio.ts';

interface LayersProps {
  readonly studio: Studio;
  /** In a narrow window, where they lie over the canvas. */
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** The frames as a list: an overview for everyone, and the canvas for people who do not see it. */
export function Layers({ studio, isOpen, onClose }: LayersProps) {
  const { workspace, camera } = studio.session.value;
  workspace.revision.value;
  const nodes = [...workspace.scene.children(PAGE_ID)].reverse();
  const selected = workspace.selection.value;

  const list = useRef<HTMLElement>(null);
  // At once: the next key is meant for the list.
  useLayoutEffect(() => {
    if (isOpen) list.current?.querySelector<HTMLElement>('[role=option]')?.focus();
  }, [isOpen]);
  // One stop of the Tab key for all of them; the arrows lead from one to the next.
  const focused = useSignal<string | undefined>(undefined);
  const isThere = (id: string | undefined) => nodes.some((node) => node.id === id);
  const stop = isThere(focused.value) ? focused.value : (selected.find(isThere) ?? nodes[0]?.id);
  const choose = (id: string, more: boolean) => {
    const without = selected.filter((one) => one !== id);
    if (!more) workspace.selection.value = [id];
    else workspace.selection.value = without.length < selected.length ? without : [...selected, id];
  };
  const key = (event: KeyboardEvent, index: number) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (step !== 0) {
      const options = (event.currentTarget as HTMLElement).parentElement!.children;
      (options[index + step] as HTMLElement | undefined)?.focus();
    } else if (event.key === 'Enter' || event.key === ' ') {
      choose(nodes[index]!.id, isMore(event));
    } else if (event.key === 'Escape' && isOpen) {
      onClose();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };

  return (
    <nav ref={list} id="layers" class={isOpen ? 'layers open' : 'layers'} aria-label="Layers">
      <h2 id="layers-title">Layers</h2>
      {nodes.length === 0 ? (
        <p class="nothing">No frames yet</p>
      ) : (
        <div role="listbox" aria-labelledby="layers-title" aria-multiselectable="true">
          {nodes.map((node, index) => (
            <LayerOption
              key={node.id}
              node={node}
              isStop={node.id === stop}
              isSelected={selected.includes(node.id)}
              onFocus={() => {
                focused.value = node.id;
              }}
              onChoose={(more) => choose(node.id, more)}
              onLook={() => camera.lookAt(workspace.scene.bounds(node))}
              onKey={(event) => key(event, index)}
            />
          ))}
        </div>
      )}
    </nav>
  );
}

interface LayerOptionProps {
  readonly node: NodeRecord;
  /** True where the Tab key leads. */
  readonly isStop: boolean;
  readonly isSelected: boolean;
  readonly onFocus: () => void;
  /** @param more beside what is selected */
  readonly onChoose: (more: boolean) => void;
  readonly onLook: () => void;
  readonly onKey: (event: KeyboardEvent) => void;
}

function LayerOption({ node, isStop, isSelected, onFocus, onChoose, onLook, onKey }: LayerOptionProps) {
  const picture = pictureOf(node);
  return (
    <div
      role="option"
      tabIndex={isStop ? 0 : -1}
      onFocus={onFocus}
      aria-selected={isSelected}
      data-picture={picture}
      onClick={(event) => onChoose(isMore(event))}
      onDblClick={onLook}
      onKeyDown={onKey}
    >
      <StudioIcon name={picture ? 'picture' : 'frame'} />
      <span>{node.name}</span>
    </div>
  );
}

/** True where what is chosen comes beside what is selected already. */
function isMore({ shiftKey, ctrlKey, metaKey }: MouseEvent | KeyboardEvent): boolean {
  return shiftKey || ctrlKey || metaKey;
}

/** Hash of the picture that a frame shows; it changes with every preview. */
function pictureOf(node: NodeRecord): string | undefined {
  const seen = node.fills.filter(({ visible }) => visible !== false);
  return hashesIn([{ ...node, fills: seen }]).at(-1);
}
