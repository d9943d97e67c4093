import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { NumberField } from '../../parts/field.tsx';

interface CountChoiceProps {
  readonly value: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
}

const COUNTS: readonly number[] = [1, 2, 4, 8];

/** The usual numbers as buttons; another one has a field in place of the last button. */
export function CountChoice({ value, max, onChange }: CountChoiceProps) {
  const isOther = useSignal(false);
  const field = useRef<HTMLDivElement>(null);
  const isTyped = isOther.value || !COUNTS.includes(value);
  useEffect(() => {
    if (isOther.value) field.current?.querySelector('input')?.focus();
  }, [isOther.value]);
  return (
    <div class="stepper" ref={field}>
      {COUNTS.filter((count) => count <= max).map((count) => (
        <button
          key={count}
          type="button"
          aria-pressed={!isTyped && count === value}
          aria-label={count === 1 ? '1 variant' : `${count} variants`}
          onClick={() => {
            isOther.value = false;
            onChange(count);
          }}
        >
          {count}
        </button>
      ))}
      {isTyped ? (
        <NumberField
          id="count"
          value={value}
          min={1}
          max={max}
          onChange={(count) => onChange(Math.round(count ?? 1))}
        />
      ) : (
        <button
          type="button"
          id="count"
          aria-label="Other number of variants"
          onClick={() => (isOther.value = true)}
        >
          Other
        </button>
      )}
    </div>
  );
}
