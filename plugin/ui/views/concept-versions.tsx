import type { ConceptSummary } from '../../../shared/protocol/concept.ts';
import { useApp } from '../app-context.ts';
import { ago } from '../work/job-words.ts';
import { frameCount } from '../work/labels.ts';

/** What the concept was before it was taught again, for whoever liked that better. */
export function ConceptVersions({ concept }: { readonly concept: ConceptSummary }) {
  const app = useApp();
  const { id, name, versions, version: newest } = concept;
  if (versions.length < 2) return null;
  const use = (version: number) => {
    const draft = { ...app.generateDraft.value, prompt: `@${name} `, versions: [{ id, name, version }] };
    app.reuse(draft, 'prompt');
    const text = `The prompt uses version ${version} of @${name}`;
    app.bridge.send({ type: 'notify', text, error: false });
  };
  return (
    <ul class="queue" aria-label="Versions">
      {versions.map(({ version, createdAt, referenceCount, usable }) => (
        <li key={version} class="queue-item">
          <span class="queue-text">
            Version {version}
            <span class="quiet">
              {frameCount(referenceCount)} · taught {ago(createdAt, new Date())}
            </span>
          </span>
          {version === newest ? (
            <span class="quiet">newest</span>
          ) : (
            <button
              type="button"
              class="button small"
              aria-label={`Use this version, ${version}`}
              disabled={!usable}
              onClick={() => use(version)}
            >
              Use this version
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}
