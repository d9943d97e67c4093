import type { ModelFolder } from '../../../../shared/protocol/model.ts';
import { useApp } from '../../app-context.ts';
import { Icon } from '../../parts/icon.tsx';

/** Folders of the companion's computer, to choose a model or a LoRA in; a choice fills the field for its path. */
export function ModelBrowser() {
  const { models } = useApp();
  const folder = models.folder.value;
  if (folder === undefined) return null;
  const { path, parent, entries, isCut } = folder;
  const choose = ({ kind, path: chosen }: ModelFolder['entries'][number]) => {
    if (kind === 'folder') void models.browse(chosen);
    else models.choose(chosen);
  };
  return (
    <div class="model-browser">
      <div class="section-head">
        <kbd>{path}</kbd>
        <button type="button" class="link" onClick={() => models.closeFolder()}>
          Close
        </button>
      </div>
      <ul class="queue" aria-label={`Folders and models in ${path}`}>
        {parent === null ? null : (
          <li>
            <button type="button" class="place" onClick={() => models.browse(parent)}>
              <Icon name="up" /> One folder up
            </button>
          </li>
        )}
        {entries.map((entry) => (
          <li key={entry.path}>
            <button type="button" class="place" onClick={() => choose(entry)}>
              <Icon name={entry.kind === 'folder' ? 'folder' : 'file'} />
              <span class="queue-text">{entry.name}</span>
              {entry.kind === 'model' ? <span class="quiet">model</span> : null}
            </button>
          </li>
        ))}
      </ul>
      {entries.length === 0 ? <p class="hint">No folder or .safetensors file is here.</p> : null}
      {isCut ? <p class="hint">There is more. Type the path of what is not shown.</p> : null}
    </div>
  );
}
