import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type { ModelCard as ModelCardFacts } from '../../../../shared/protocol/model.ts';
import { useApp } from '../../app-context.ts';
import { Form } from '../../parts/field.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { ModelBrowser } from './model-browser.tsx';
import { ModelCard } from './model-card.tsx';

/** The base models: those here, those that can be had, and a way to add one's own. */
export function Models() {
  const { models, connected } = useApp();
  const isConnected = connected.value;
  useEffect(() => {
    if (isConnected) models.refresh();
  }, [isConnected]);
  const list = models.list.value;
  const refusal = models.refusal.value;
  if (list === undefined) {
    return <div class="view">{refusal === undefined ? null : <FailureNote report={refusal.report} />}</div>;
  }
  const here = list.models.filter(({ place }) => place !== 'offered');
  const offered = list.models.filter(({ place }) => place === 'offered');
  return (
    <div class="view">
      <p class="quiet">
        A model makes the pictures. Concepts are taught on one, and work best with it. Getting a model asks
        the internet; nothing else does.
      </p>
      <CardList title="On this computer" cards={here} />
      <CardList title="To get" cards={offered} />
      <CardList title="Background removal" cards={list.backgroundRemovers} />
      <CardList title="Larger pictures" cards={list.upscalers} />
      <Loras />
      <AddModel />
    </div>
  );
}

interface CardListProps {
  readonly title: string;
  readonly cards: readonly ModelCardFacts[];
}

function CardList({ title, cards }: CardListProps) {
  const id = `models-${title.toLowerCase().replace(/\W/g, '-')}`;
  if (cards.length === 0) return null;
  return (
    <section aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id}>{title}</h2>
      </div>
      <ul class="cards">
        {cards.map((card) => (
          <ModelCard key={card.name} card={card} />
        ))}
      </ul>
    </section>
  );
}

/** Styles and accelerators of other people that fit the model in use; they are chosen where pictures are made. */
function Loras() {
  const { models, generating, connected } = useApp();
  const loras = generating.loras.known.value;
  const refusal = models.refusal.value;
  if (loras.length === 0) return null;
  return (
    <section aria-labelledby="loras">
      <div class="section-head">
        <h2 id="loras">Styles and accelerators</h2>
        <span class="quiet">Chosen in Generate</span>
      </div>
      <ul class="queue">
        {loras.map(({ name, kind }) => (
          <li key={name} class="queue-item">
            <span class="queue-text">
              {name}
              <span class="quiet">{kind === null ? 'style' : `accelerator, ${kind}`}</span>
            </span>
            <button
              type="button"
              class="button small danger"
              aria-label={`Remove ${name}`}
              disabled={!connected.value || models.busy.value.has(name)}
              onClick={() => models.act({ name }, 'remove')}
            >
              Remove
            </button>
          </li>
        ))}
      </ul>
      {loras.some(({ name }) => name === refusal?.name) ? <FailureNote report={refusal!.report} /> : null}
    </section>
  );
}

/** A model or a LoRA of one's own: its path on the companion's computer, since no gigabytes go through a browser. */
function AddModel() {
  const app = useApp();
  const { models } = app;
  const isBusy = useSignal(false);
  const refusal = models.refusal.value;
  const canAdd = app.connected.value && !isBusy.value && models.path.value.trim() !== '';
  const add = async () => {
    if (!canAdd) return;
    isBusy.value = true;
    const added = await models.add();
    isBusy.value = false;
    if (added === undefined) return;
    models.open.value = added[0];
    app.say('It is added.');
  };
  return (
    <section aria-labelledby="add-model">
      <h2 id="add-model">Add one of yours</h2>
      <Form class="add-model" onSubmit={add}>
        <label class="visually-hidden" for="model-path">
          Path of a folder or file
        </label>
        <input
          id="model-path"
          class="input"
          placeholder="Path of a folder or .safetensors file"
          autocomplete="off"
          spellcheck={false}
          value={models.path.value}
          onInput={({ currentTarget }) => {
            models.path.value = currentTarget.value;
          }}
        />
        <button
          type="button"
          class="button small"
          aria-expanded={models.folder.value !== undefined}
          disabled={!app.connected.value}
          onClick={() => models.browse()}
        >
          Browse…
        </button>
        <button type="submit" class="button small" disabled={!canAdd}>
          {isBusy.value ? 'Checking' : 'Add'}
        </button>
      </Form>
      <ModelBrowser />
      <p class="hint">
        A model or a LoRA on the computer that Likeness runs on. A model stays where it is, and removing it
        here takes no file away; a LoRA is copied.
      </p>
      {refusal === undefined || refusal.name !== undefined ? null : <FailureNote report={refusal.report} />}
    </section>
  );
}
