import { PAGE_ID } from '../document/node-record.ts';
import type { Studio } from './studio.ts';

/** On an empty canvas: how to begin. */
export function FirstSteps({ studio }: { studio: Studio }) {
  const { workspace } = studio.desk.value;
  workspace.revision.value;
  if (workspace.scene.children(PAGE_ID).length > 0) return null;
  return (
    <section class="first-steps" aria-label="First steps">
      <h1>Show it a product</h1>
      <p>
        Drop three to five pictures of one product here, or paste them. Select them, and teach Likeness what
        they have in common.
      </p>
      <p>No pictures at hand? Begin with these:</p>
      <div class="samples">
        {studio.settings.samples.map(({ name, title, files }) => (
          <button key={name} type="button" onClick={() => studio.addSamples(name)}>
            <img src={`/studio/${files[0]}`} alt="" width="112" height="112" />
            <span>{title}</span>
          </button>
        ))}
      </div>
    </section>
  );
}
