import { useSignal } from '@preact/signals';
import type { ConceptSummary } from '../../../../shared/protocol/concept.ts';
import { type ConceptExport, EXPORT_PROGRAMS, type ExportProgram } from '../../../../shared/protocol/http.ts';
import { useApp } from '../../app-context.ts';
import { Row } from '../../parts/field.tsx';
import { downloadFile } from '../../parts/file-download.ts';
import { Icon } from '../../parts/icon.tsx';

const PROGRAM_WORDS: Readonly<Record<ExportProgram, string>> = {
  kohya: 'kohya',
  a1111: 'A1111, Forge',
  comfyui: 'ComfyUI',
  diffusers: 'diffusers',
  invokeai: 'InvokeAI',
};

/** A concept as a file, for Likeness elsewhere or for another program: what to write there, and what stays behind. */
export function ConceptExportNotes({ concept }: { readonly concept: ConceptSummary }) {
  const app = useApp();
  const { library } = app;
  const isOff = !app.connected.value;
  const program = useSignal<ExportProgram>('kohya');
  const told = useSignal<ConceptExport | undefined>(undefined);
  const tell = async (chosen: ExportProgram) => {
    program.value = chosen;
    told.value = await library.exportOf(concept, chosen);
  };
  const download = async (chosen: ExportProgram | undefined) => {
    const file = await library.fileOf(concept, chosen);
    if (file === undefined) return;
    downloadFile(file, `${concept.name}${chosen === undefined ? '' : `-${chosen}`}.safetensors`);
    app.say(`The file of @${concept.name} is downloaded.`);
  };
  return (
    <div class="more">
      <details
        onToggle={({ currentTarget }) => {
          if (currentTarget.open && told.value === undefined) void tell(program.value);
        }}
      >
        <summary>
          <Icon name="chevron" /> Export
        </summary>
        <div class="rows">
          <button
            type="button"
            class="button small"
            disabled={isOff}
            onClick={() => void download(undefined)}
          >
            Download for Likeness
          </button>
          <p class="hint">For Likeness on another computer. For another program:</p>
          <ProgramRow
            id={`${concept.id}-program`}
            program={program.value}
            onChange={(chosen) => void tell(chosen)}
          />
          {told.value?.notes.map((note) => (
            <p key={note} class="hint">
              {note}
            </p>
          ))}
          <button
            type="button"
            class="button small"
            disabled={isOff}
            onClick={() => void download(program.value)}
          >
            Download for {PROGRAM_WORDS[program.value]}
          </button>
        </div>
      </details>
    </div>
  );
}

interface ProgramRowProps {
  readonly id: string;
  readonly program: ExportProgram;
  readonly onChange: (program: ExportProgram) => void;
}

function ProgramRow({ id, program, onChange }: ProgramRowProps) {
  return (
    <Row id={id} label="Program">
      <select
        id={id}
        class="input"
        value={program}
        onChange={({ currentTarget }) => onChange(currentTarget.value as ExportProgram)}
      >
        {EXPORT_PROGRAMS.map((name) => (
          <option key={name} value={name}>
            {PROGRAM_WORDS[name]}
          </option>
        ))}
      </select>
    </Row>
  );
}
