import { useSignal } from '@preact/signals';
import { PROGRAM } from '../../../shared/errors.ts';
import type { ConceptSummary } from '../../../shared/protocol/concept.ts';
import { type ConceptExport, EXPORT_PROGRAMS, type ExportProgram } from '../../../shared/protocol/http.ts';
import { useApp } from '../app-context.ts';
import { Row } from '../parts/field.tsx';
import { Icon } from '../parts/icon.tsx';

const PROGRAM_WORDS: Readonly<Record<ExportProgram, string>> = {
  kohya: 'kohya',
  a1111: 'A1111, Forge',
  comfyui: 'ComfyUI',
  diffusers: 'diffusers',
  invokeai: 'InvokeAI',
};

/** A concept as a LoRA file for another program: how to get it, what to write there, and what stays behind. */
export function ConceptExportNotes({ concept }: { readonly concept: ConceptSummary }) {
  const { library } = useApp();
  const program = useSignal<ExportProgram>('kohya');
  const told = useSignal<ConceptExport | undefined>(undefined);
  const tell = async (chosen: ExportProgram) => {
    program.value = chosen;
    told.value = await library.exportOf(concept, chosen);
  };
  const command = `${PROGRAM} concepts export ${concept.name} --for ${program.value}`;
  return (
    <div class="more">
      <details
        onToggle={({ currentTarget }) => {
          if (currentTarget.open && told.value === undefined) void tell(program.value);
        }}
      >
        <summary>
          <Icon name="chevron" /> Use in another program
        </summary>
        <div class="rows">
          <Row id={`${concept.id}-program`} label="For">
            <select
              id={`${concept.id}-program`}
              class="input"
              value={program.value}
              onChange={({ currentTarget }) => void tell(currentTarget.value as ExportProgram)}
            >
              {EXPORT_PROGRAMS.map((name) => (
                <option key={name} value={name}>
                  {PROGRAM_WORDS[name]}
                </option>
              ))}
            </select>
          </Row>
          {told.value?.notes.map((note) => (
            <p key={note} class="hint">
              {note}
            </p>
          ))}
          <p class="hint">
            On the companion’s computer: <code>{command}</code>
          </p>
        </div>
      </details>
    </div>
  );
}
