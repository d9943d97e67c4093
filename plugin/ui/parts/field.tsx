import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

interface FieldProps {
  readonly id: string;
  readonly label: string;
  readonly hint?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A labelled control in a row: label left, control right, as in Figma's own panels. */
export function Row({ id, label, hint, children }: FieldProps) {
  return (
    <div class="row">
      <label for={id}>{label}</label>
      <div class="row-control">
        {children}
        {hint === undefined ? null : <p class="hint">{hint}</p>}
      </div>
    </div>
  );
}

interface NumberFieldProps {
  readonly id: string;
  readonly value: number | null;
  readonly placeholder?: string;
  readonly min: number;
  readonly max: number;
  readonly step?: number;
  readonly onChange: (value: number | null) => void;
}

/** Empty means: as recommended. Numbers out of range are pulled to the nearest allowed one when the field is left. */
export function NumberField({ id, value, placeholder, min, max, step = 1, onChange }: NumberFieldProps) {
  // Progress and thumbnails redraw the view at any time; without this they would undo what is being typed.
  const [typing, setTyping] = useState<string | null>(null);
  return (
    <input
      id={id}
      class="input"
      type="number"
      value={typing ?? value ?? ''}
      placeholder={placeholder}
      min={min}
      max={max}
      step={step}
      onInput={({ currentTarget }) => setTyping(currentTarget.value)}
      onChange={({ currentTarget }) => {
        setTyping(null);
        const typed = currentTarget.valueAsNumber;
        const taken = Number.isNaN(typed) ? null : Math.min(Math.max(typed, min), max);
        // The draft may hold this number already, and then nothing would be drawn again.
        currentTarget.value = taken === null ? '' : String(taken);
        onChange(taken);
      }}
    />
  );
}

interface SliderProps {
  readonly id: string;
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly step: number;
  /** The value in words: "as taught". */
  readonly text: string;
  readonly onChange: (value: number) => void;
}

export function Slider({ id, value, min, max, step, text, onChange }: SliderProps) {
  const share = `${((value - min) / (max - min)) * 100}%`;
  return (
    <div class="slider">
      <input
        id={id}
        type="range"
        value={value}
        min={min}
        max={max}
        step={step}
        aria-valuetext={text}
        style={{ '--share': share }}
        onInput={(event) => onChange(event.currentTarget.valueAsNumber)}
      />
      <output for={id}>{text}</output>
    </div>
  );
}

interface CheckProps {
  readonly checked: boolean;
  readonly disabled?: boolean;
  readonly onChange: (checked: boolean) => void;
  /** The label. */
  readonly children: ComponentChildren;
}

/** A box that is ticked, and its label behind it. */
export function Check({ checked, disabled, onChange, children }: CheckProps) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={checked}
        disabled={disabled}
        onChange={({ currentTarget }) => onChange(currentTarget.checked)}
      />
      {children}
    </label>
  );
}

interface FormProps {
  readonly class: string;
  /** Minutes of work are not started by an Enter that only ends a number. */
  readonly submitBy?: 'enter' | 'command-enter';
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/**
 * A form in a frame that may not submit: where the sandbox lacks `allow-forms`, no submit event comes. The press of
 * the submit button does come, and Enter in a field presses it as well.
 */
export function Form({ class: name, submitBy = 'enter', onSubmit, children }: FormProps) {
  return (
    <form
      class={name}
      onClick={(event) => {
        const button = (event.target as Element).closest('button');
        if (button?.type !== 'submit') return;
        event.preventDefault();
        // A button that is pressed has the focus by then; Enter in a field leaves it there.
        const byField = event.detail === 0 && document.activeElement !== button;
        if (!button.disabled && !(byField && submitBy === 'command-enter')) onSubmit();
      }}
      onKeyDown={(event) => {
        if (submitBy !== 'command-enter' || event.key !== 'Enter' || !(event.ctrlKey || event.metaKey))
          return;
        event.preventDefault();
        // A number is taken when its field is left.
        const field = document.activeElement;
        if (field instanceof HTMLInputElement) {
          field.blur();
          field.focus();
        }
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
