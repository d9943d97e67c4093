import { type Signal, useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { useApp } from '../../app-context.ts';
import { Slider } from '../../parts/field.tsx';
import { IconButton } from '../../parts/icon.tsx';
import type { CutOut } from '../../work/teach/cut-outs.ts';
import { type BrushTool, CutOutCanvas } from './cut-out-canvas.ts';

/** Share of the picture's width that a brush may have. */
const BRUSH = { min: 0.01, max: 0.2, step: 0.01, start: 0.05 } as const;

/** Frames without their backgrounds, before they come onto the canvas: looked at, and corrected with a brush. */
export function CutOutReview() {
  const { cutOuts } = useApp().teaching;
  const state = cutOuts.state.value;
  if (state.state !== 'review') return null;
  const shown = state.cutOuts[state.shown]!;
  const count = state.cutOuts.length;
  return (
    <div class="view">
      <div class="section-head">
        <h2 tabIndex={-1}>Without background</h2>
        {count === 1 ? null : (
          <span class="quiet">
            {state.shown + 1} of {count}
          </span>
        )}
      </div>
      <Editor key={shown.nodeId} cutOut={shown} onCorrect={(image) => cutOuts.correct(shown.nodeId, image)} />
      {count === 1 ? null : (
        <div class="frames">
          {state.cutOuts.map((one, index) => (
            <button
              key={one.nodeId}
              type="button"
              class="frame"
              aria-pressed={index === state.shown}
              onClick={() => cutOuts.show(index)}
            >
              <span class="frame-picture">
                <BlobImage blob={one.image} />
              </span>
              <span class="frame-name">{one.name}</span>
            </button>
          ))}
        </div>
      )}
      <div class="actions">
        <button type="button" class="button primary wide" onClick={() => cutOuts.place()}>
          {count === 1 ? 'Place it beside its frame' : `Place ${count} beside their frames`}
        </button>
        <button type="button" class="link" onClick={() => cutOuts.cancel()}>
          Cancel
        </button>
      </div>
    </div>
  );
}

interface EditorProps {
  readonly cutOut: CutOut;
  readonly onCorrect: (image: Blob) => void;
}

function Editor({ cutOut, onCorrect }: EditorProps) {
  const element = useRef<HTMLCanvasElement>(null);
  const canvas = useRef<CutOutCanvas>(undefined);
  const tool = useSignal<BrushTool>('erase');
  const size = useSignal<number>(BRUSH.start);
  const strokes = useSignal(0);
  const isCompared = useSignal(false);
  // What was corrected before stays: the picture as it is now is where further strokes begin.
  useEffect(() => {
    const made = new CutOutCanvas(element.current!, cutOut);
    canvas.current = made;
    return () => made.close();
  }, []);
  const changed = async () => {
    strokes.value = canvas.current!.strokeCount;
    onCorrect(await canvas.current!.toBlob());
  };
  return (
    <>
      <div class="cut-out">
        <canvas
          ref={element}
          role="img"
          aria-label={`${cutOut.name} without its background`}
          class={isCompared.value ? 'compared' : undefined}
          onPointerDown={(event) => {
            event.currentTarget.setPointerCapture(event.pointerId);
            canvas.current!.begin(event, { tool: tool.value, size: size.value });
          }}
          onPointerMove={(event) => canvas.current!.move(event)}
          onPointerUp={() => {
            if (canvas.current!.end()) changed();
          }}
        />
        {isCompared.value ? <BlobImage blob={cutOut.photo} /> : null}
      </div>
      <p class="hint">Paint away what is not the product, or bring back what is.</p>
      <div class="cut-out-tools">
        <ToolChoice tool={tool} isCompared={isCompared} />
        <IconButton
          icon="undo"
          label="Undo the last stroke"
          disabled={strokes.value === 0}
          onClick={() => {
            canvas.current!.undo();
            changed();
          }}
        />
      </div>
      <div class="row">
        <label for="brush-size">Brush</label>
        <Slider
          id="brush-size"
          min={BRUSH.min}
          max={BRUSH.max}
          step={BRUSH.step}
          value={size.value}
          text={`${Math.round(size.value * 100)} %`}
          onChange={(value) => {
            size.value = value;
          }}
        />
      </div>
    </>
  );
}

interface ToolChoiceProps {
  readonly tool: Signal<BrushTool>;
  /** True while the frame is shown in place of the cut-out. */
  readonly isCompared: Signal<boolean>;
}

function ToolChoice({ tool, isCompared }: ToolChoiceProps) {
  return (
    <fieldset class="chips" aria-label="Brush">
      {BRUSH_TOOLS.map(({ name, label }) => (
        <button
          key={name}
          type="button"
          class="chip"
          aria-pressed={tool.value === name}
          onClick={() => (tool.value = name)}
        >
          {label}
        </button>
      ))}
      <button
        type="button"
        class="chip"
        aria-pressed={isCompared.value}
        onClick={() => (isCompared.value = !isCompared.value)}
      >
        Show the frame
      </button>
    </fieldset>
  );
}

const BRUSH_TOOLS: readonly { readonly name: BrushTool; readonly label: string }[] = [
  { name: 'erase', label: 'Erase' },
  { name: 'restore', label: 'Bring back' },
];

function BlobImage({ blob }: { readonly blob: Blob }) {
  const image = useRef<HTMLImageElement>(null);
  useEffect(() => {
    const url = URL.createObjectURL(blob);
    image.current!.src = url;
    return () => URL.revokeObjectURL(url);
  }, [blob]);
  return <img ref={image} alt="" />;
}
