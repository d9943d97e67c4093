import { useEffect } from 'preact/hooks';
import { useApp } from '../app-context.ts';
import { type MentionedVersion, mentionedVersions, withVersion } from '../work/mentioned-versions.ts';

/** The version of each concept that the prompt uses, and a choice of the others. */
export function PromptVersions() {
  const app = useApp();
  const mentioned = mentionedVersions(app.generateDraft.value, app.library.concepts.value);
  const older = mentioned
    .filter(({ concept, version }) => version !== concept.version)
    .map(({ concept, version }) => `version ${version} of @${concept.name}`);
  // It came with a variant or a job, most often, and not from what is typed.
  const text = older.join(' and ');
  useEffect(() => {
    if (text !== '') app.say(`The prompt uses ${text}, not the newest.`);
  }, [text, app]);
  if (mentioned.length === 0) return null;
  return (
    <ul class="versions" aria-label="Versions used">
      {mentioned.map((one) => (
        <VersionChoice key={one.concept.id} {...one} />
      ))}
    </ul>
  );
}

function VersionChoice({ concept, version }: MentionedVersion) {
  const app = useApp();
  const { id, name, version: newest, versions } = concept;
  const field = `version-${id}`;
  const use = (chosen: number) => {
    const draft = app.generateDraft.value;
    app.generateDraft.value = { ...draft, versions: withVersion(draft.versions, concept, chosen) };
  };
  const useNewest = () => {
    // The button goes; what undoes it is where the keyboard goes on.
    document.getElementById(field)?.focus();
    use(newest);
    app.say(`The prompt uses version ${newest} of @${name}, the newest.`);
  };
  return (
    <li class={version === newest ? 'version' : 'version older'}>
      <label for={field}>
        @{name}
        <span class="visually-hidden"> version</span>
      </label>
      <select id={field} value={version} onChange={({ currentTarget }) => use(Number(currentTarget.value))}>
        {versions.map(({ version: one, usable }) => (
          <option key={one} value={one} disabled={!usable}>
            {one === newest ? `version ${one}, newest` : `version ${one} of ${newest}`}
          </option>
        ))}
      </select>
      {version === newest ? null : (
        <button
          type="button"
          class="link"
          aria-label={`Use newest, version ${newest} of @${name}`}
          onClick={useNewest}
        >
          Use newest
        </button>
      )}
    </li>
  );
}
