import type { Rights } from '../../../shared/protocol/concept.ts';
import { RIGHTS_MAX_LENGTH } from '../../../shared/protocol/limits.ts';
import { RIGHTS_FIELDS, type RightsDraft } from '../concepts/concept-edit.ts';
import { Row } from './field.tsx';

interface RightsRowsProps {
  /** Begins the ids of the fields. */
  readonly id: string;
  readonly draft: RightsDraft;
  /** The rights that a field which is left empty keeps. */
  readonly kept?: Rights | undefined;
  readonly onChange: (part: Partial<RightsDraft>) => void;
}

export function RightsRows({ id, draft, kept, onChange }: RightsRowsProps) {
  return (
    <>
      {RIGHTS_FIELDS.map(({ key, label, meaning }) => (
        <Row
          key={key}
          id={`${id}-${key}`}
          label={label}
          hint={kept?.[key] !== undefined && draft[key] === '' ? `Stays “${kept[key]}”.` : undefined}
        >
          <input
            id={`${id}-${key}`}
            class="input"
            {...(key === 'expires' && ({ type: 'date' } as const))}
            maxLength={RIGHTS_MAX_LENGTH}
            placeholder={meaning}
            title={meaning}
            value={draft[key]}
            onInput={({ currentTarget }) => onChange({ [key]: currentTarget.value })}
          />
        </Row>
      ))}
    </>
  );
}
