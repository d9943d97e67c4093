import { GENERATE_MAX_LORAS } from '../../../../shared/protocol/limits.ts';
import type { LoraChoice as Choice, LoraSummary } from '../../../../shared/protocol/lora.ts';
import { useApp } from '../../app-context.ts';
import { Row, Slider } from '../../parts/field.tsx';
import { IconButton } from '../../parts/icon.tsx';

/** Above it most pictures fall apart; the command line goes further. */
const SLIDER_MAX = 1.5;

interface LoraChoiceProps {
  /** Default: `lora`. */
  readonly id?: string;
  readonly chosen: readonly Choice[];
  readonly onChange: (chosen: readonly Choice[]) => void;
}

/** Styles and accelerators that are merged into the model: a list to add from, and a strength for each. */
export function LoraChoice({ id = 'lora', chosen, onChange }: LoraChoiceProps) {
  const { known } = useApp().generating.loras;
  const left = known.value.filter(({ name }) => !chosen.some((one) => one.name === name));
  if (known.value.length === 0 && chosen.length === 0) return null;
  const isFull = chosen.length >= GENERATE_MAX_LORAS;
  return (
    <>
      <Row id={id} label="Style">
        <select
          id={id}
          class="input"
          value=""
          disabled={left.length === 0 || isFull}
          onChange={({ currentTarget }) => {
            const added = known.value.find(({ name }) => name === currentTarget.value);
            currentTarget.value = '';
            if (added !== undefined) onChange([...chosen, { name: added.name, weight: added.weight }]);
          }}
        >
          <option value="">{chosen.length === 0 ? 'None – the model’s own' : 'Add another'}</option>
          {left.map((lora) => (
            <option key={lora.name} value={lora.name}>
              {lora.name}
              {lora.brings === null ? '' : ` – ${stepsText(lora.brings.steps)}`}
            </option>
          ))}
        </select>
      </Row>
      {chosen.map((choice) => (
        <ChosenLora
          key={choice.name}
          id={`${id}-${choice.name}`}
          choice={choice}
          lora={known.value.find(({ name }) => name === choice.name)}
          onWeight={(weight) =>
            onChange(chosen.map((one) => (one.name === choice.name ? { ...one, weight } : one)))
          }
          onRemove={() => onChange(chosen.filter(({ name }) => name !== choice.name))}
        />
      ))}
    </>
  );
}

interface ChosenLoraProps {
  readonly id: string;
  readonly choice: Choice;
  /** Undefined for one that the companion has no more. */
  readonly lora: LoraSummary | undefined;
  readonly onWeight: (weight: number) => void;
  readonly onRemove: () => void;
}

function ChosenLora({ id, choice: { name, weight }, lora, onWeight, onRemove }: ChosenLoraProps) {
  return (
    <Row id={id} label={name} hint={hintOf(lora, weight)}>
      <div class="joined">
        <Slider
          id={id}
          value={Math.min(SLIDER_MAX, Math.max(0, weight))}
          min={0}
          max={SLIDER_MAX}
          step={0.05}
          text={weight.toFixed(2)}
          onChange={onWeight}
        />
        <IconButton icon="close" label={`Without ${name}`} onClick={onRemove} />
      </div>
    </Row>
  );
}

function hintOf(lora: LoraSummary | undefined, weight: number): string | undefined {
  if (lora === undefined) return 'The companion does not have it for this model. Leave it out.';
  if (weight === 0) return 'At 0 it changes nothing.';
  if (lora.brings === null) return undefined;
  const { steps, guidanceScale } = lora.brings;
  return `Makes pictures in ${stepsText(steps)}, with guidance ${guidanceScale}.`;
}

function stepsText(steps: number): string {
  return steps === 1 ? '1 step' : `${steps} steps`;
}
