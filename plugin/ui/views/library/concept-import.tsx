import { useSignal } from '@preact/signals';
import { useRef } from 'preact/hooks';
import { CLASS_WORD } from '../../../../shared/protocol/concept.ts';
import type { ErrorReport } from '../../../../shared/protocol/zod.ts';
import { useApp } from '../../app-context.ts';
import { isConceptName, toConceptName } from '../../concepts/concept-edit.ts';
import { importKindOf, type LoraWords } from '../../concepts/concept-import.ts';
import { Form, Row } from '../../parts/field.tsx';
import { FailureNote, Note } from '../../parts/note.tsx';

const NOT_A_CONCEPT: ErrorReport = {
  code: 'concept-format',
  message: '',
  advice: 'Choose a .safetensors file: a concept that was exported, or a LoRA of another program.',
};

/** A concept from a file: of another computer, or a LoRA of another program, which is asked about first. */
export function ConceptImport() {
  const app = useApp();
  const field = useRef<HTMLInputElement>(null);
  const { isBusy, lora, failure, findings, take, choose } = useImport();
  return (
    <section aria-label="Import a concept">
      <input
        ref={field}
        type="file"
        class="visually-hidden"
        accept=".safetensors"
        aria-label="Concept file"
        tabIndex={-1}
        onChange={({ currentTarget }) => {
          void choose(currentTarget.files?.[0]);
          // The same file can be chosen again.
          currentTarget.value = '';
        }}
      />
      <button
        type="button"
        class="button small"
        disabled={isBusy.value || !app.connected.value}
        onClick={() => field.current?.click()}
      >
        {isBusy.value ? 'Importing' : 'Import a file…'}
      </button>
      {lora.value === undefined ? null : (
        <LoraForm
          file={lora.value}
          isBusy={isBusy.value}
          onImport={take}
          onClose={() => {
            lora.value = undefined;
          }}
        />
      )}
      {failure.value === undefined ? null : <FailureNote report={failure.value} />}
      {findings.value.length === 0 ? null : (
        <Note tone="warning" title="Imported, though">
          {findings.value.map((line) => (
            <p key={line}>{line}</p>
          ))}
        </Note>
      )}
    </section>
  );
}

/** The import of one file after the other, and what came of the last. */
function useImport() {
  const app = useApp();
  const isBusy = useSignal(false);
  const lora = useSignal<File | undefined>(undefined);
  const failure = useSignal<ErrorReport | undefined>(undefined);
  const findings = useSignal<readonly string[]>([]);
  const take = async (file: File, words?: LoraWords) => {
    isBusy.value = true;
    const taken = await app.library.import(file, words);
    isBusy.value = false;
    if (!('id' in taken)) {
      failure.value = taken;
      return;
    }
    lora.value = undefined;
    failure.value = undefined;
    findings.value = taken.findings;
    app.library.open.value = taken.id;
    app.say(`@${taken.name} is in the library.`);
  };
  const choose = async (file: File | undefined) => {
    if (file === undefined) return;
    lora.value = undefined;
    findings.value = [];
    const kind = await importKindOf(file);
    failure.value = kind === 'other' ? NOT_A_CONCEPT : undefined;
    if (kind === 'lora') lora.value = file;
    if (kind === 'concept') await take(file);
  };
  return { isBusy, lora, failure, findings, take, choose };
}

interface LoraFormProps {
  readonly file: File;
  readonly isBusy: boolean;
  readonly onImport: (file: File, words: LoraWords) => void;
  readonly onClose: () => void;
}

/** Facts that a LoRA of another program does not have in its file. */
function LoraForm({ file, isBusy, onImport, onClose }: LoraFormProps) {
  const name = useSignal(toConceptName(file.name.replace(/\.[^.]*$/, '')));
  const classWord = useSignal('');
  const identifier = useSignal('');
  const isWhole =
    isConceptName(toConceptName(name.value)) &&
    CLASS_WORD.test(classWord.value.trim()) &&
    identifier.value.trim() !== '';
  const rows = [
    { key: 'name', label: 'Name', field: name, hint: 'What prompts will call it.' },
    { key: 'class', label: 'It is a', field: classWord, hint: 'For example bottle.' },
    { key: 'word', label: 'Its word', field: identifier, hint: 'The trigger word on its page.' },
  ] as const;
  return (
    <Form
      class="rows lora-form"
      onSubmit={() => {
        if (!isWhole || isBusy) return;
        const [named, words] = [toConceptName(name.value), classWord.value.trim()];
        onImport(file, { name: named, classWord: words, identifier: identifier.value.trim() });
      }}
    >
      <p>{file.name} is a LoRA of another program. It becomes a concept once you say what it shows.</p>
      {rows.map(({ key, label, field, hint }) => (
        <Row key={key} id={`lora-${key}`} label={label} hint={hint}>
          <input
            id={`lora-${key}`}
            class="input"
            autocomplete="off"
            spellcheck={false}
            value={field.value}
            onInput={({ currentTarget }) => {
              field.value = currentTarget.value;
            }}
          />
        </Row>
      ))}
      <div class="card-actions">
        <button type="submit" class="button small" disabled={!isWhole || isBusy}>
          Import it
        </button>
        <button type="button" class="button small" onClick={onClose}>
          Cancel
        </button>
      </div>
    </Form>
  );
}
