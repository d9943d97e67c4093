import { useEffect } from 'preact/hooks';
import { useApp } from '../../app-context.ts';
import {
  type MentionedVersion,
  mentionedVersions,
  usualVersion,
  withVersion,
} from '../../work/generate/mentioned-versions.ts';

/** The version of each concept that the prompt uses, and a choice of the others. */
export function PromptVersions() {
  const app = useApp();
  const mentioned = mentionedVersions(app.generateDraft.value, app.library.concepts.value);
  const older = mentioned
    .filter(({ concept, version }) => version !== usualVersion(concept))
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
  const usual = usualVersion(concept);
  const usualName = usual === newest ? 'newest' : 'this model’s';
  const field = `version-${id}`;
  const use = (chosen: number) => {
    const draft = app.generateDraft.value;
    app.generateDraft.value = { ...draft, versions: withVersion(draft.versions, concept, chosen) };
  };
  const useNewest = () => {
    // The button goes; what undoes it is where the keyboard goes on.
    document.getElementById(field)?.focus();
    use(usual);
    app.say(`The prompt uses version ${usual} of @${name}, ${usual === newest ? 'the newest' : usualName}.`);
  };
  return (
    <li class={version === usual ? 'version' : 'version older'}>
      <label for={field}>
        @{name}
        <span class="visually-hidden"> version</span>
      </label>
      <select id={field} value={version} onChange={({ currentTarget }) => use(Number(currentTarget.value))}>
        {versions.map(({ version: one, usable }) => (
          <option key={one} value={one} disabled={!usable}>
            {one === usual ? `version ${one}, ${usualName}` : `version ${one} of ${newest}`}
          </option>
        ))}
      </select>
      {version === usual ? null : (
        <button
          type="button"
          class="link"
          aria-label={`Use ${usualName}, version ${usual} of @${name}`}
          onClick={useNewest}
        >
          Use {usualName}
        </button>
      )}
    </li>
  );
}
