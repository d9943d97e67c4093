import { PRECISION_CHOICES, type PrecisionChoice } from '../../../shared/protocol/requests.ts';
import { Row } from './field.tsx';

const WORDS: Readonly<Record<PrecisionChoice, string>> = {
  auto: 'Automatic – half where the graphics card passes its test',
  fp32: 'Single – exact, more memory',
  fp16: 'Half – half the memory, faster',
};

interface PrecisionRowProps {
  readonly id: string;
  /** Null: as the companion was started. */
  readonly value: PrecisionChoice | null;
  readonly onChange: (value: PrecisionChoice | null) => void;
}

export function PrecisionRow({ id, value, onChange }: PrecisionRowProps) {
  return (
    <Row id={id} label="Precision" hint="Pictures of the same seed differ a little between the two.">
      <select
        id={id}
        class="input"
        value={value ?? ''}
        onChange={({ currentTarget }) => {
          const wanted = currentTarget.value;
          onChange(wanted === '' ? null : (wanted as PrecisionChoice));
        }}
      >
        <option value="">As the companion was started</option>
        {PRECISION_CHOICES.map((one) => (
          <option key={one} value={one}>
            {WORDS[one]}
          </option>
        ))}
      </select>
    </Row>
  );
}
