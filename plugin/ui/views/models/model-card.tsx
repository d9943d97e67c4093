import type { ModelCard as ModelCardFacts } from '../../../../shared/protocol/model.ts';
import { useApp } from '../../app-context.ts';
import { ProgressBar } from '../../parts/controls.tsx';
import { Icon, IconButton } from '../../parts/icon.tsx';
import { FailureNote } from '../../parts/note.tsx';
import { misfit, modelFacts, taskPercent, taskText } from '../../work/models/model-words.ts';
import { ModelDetails } from './model-details.tsx';

interface CardProps {
  readonly card: ModelCardFacts;
}

export function ModelCard({ card }: CardProps) {
  const { models } = useApp();
  const { name, title, inUse, fit, goodFor, fault, place } = card;
  const isOpen = models.open.value === name;
  const toggle = () => {
    models.open.value = isOpen ? undefined : name;
  };
  const unfit = misfit(card, models.list.value!);
  const refusal = models.refusal.value;
  const facts = modelFacts(card).join(' · ');
  const isNetwork = models.isNetwork(name);
  return (
    <li class={isOpen ? 'card open' : 'card'}>
      <div class="card-head">
        <button type="button" class="card-title model-title" aria-expanded={isOpen} onClick={toggle}>
          <span class="title">{title}</span>
          {fit === 'recommended' && !inUse ? (
            <span class="model-badge">Recommended for this computer</span>
          ) : null}
          {goodFor === null ? null : <span class="model-line">{upperFirst(goodFor)}</span>}
          <span class="quiet model-line">{facts}</span>
        </button>
        {place === 'offered' ? <GetButton card={card} onClick={toggle} /> : null}
        {place === 'offered' || isNetwork ? null : <UseButton card={card} />}
        {place === 'offered' || !isNetwork || fault !== null ? null : <Ready />}
        <IconButton icon="more" label={`Details of ${title}`} pressed={isOpen} onClick={toggle} />
      </div>
      {unfit === undefined ? null : (
        <p class="hint warning-line">
          <Icon name="warning" /> {unfit}
        </p>
      )}
      <TaskLine card={card} />
      {fault === null ? null : <FailureNote report={fault} />}
      {refusal?.name === name ? <FailureNote report={refusal.report} /> : null}
      {isOpen ? <ModelDetails card={card} /> : null}
    </li>
  );
}

function GetButton({ card, onClick }: CardProps & { readonly onClick: () => void }) {
  if (card.task !== null) return null;
  return (
    <button type="button" class="button small" aria-label={`Get ${card.title}`} onClick={onClick}>
      Get…
    </button>
  );
}

/** Mark of a network that no picture is made with: it works in Teach, without being chosen. */
function Ready() {
  return (
    <span class="in-use">
      <Icon name="check" /> Ready
    </span>
  );
}

function UseButton({ card }: CardProps) {
  const app = useApp();
  const { models } = app;
  const { name, title, inUse, fault } = card;
  if (inUse) {
    return (
      <span class="in-use">
        <Icon name="check" /> In use
      </span>
    );
  }
  const isBusy = models.busy.value.has(name);
  const use = async () => {
    if (await models.act(card, 'use')) app.say(`${title} is in use.`);
  };
  return (
    <button
      type="button"
      class="button small"
      aria-label={`Use ${title}`}
      disabled={isBusy || fault !== null || !app.connected.value}
      onClick={use}
    >
      {isBusy ? 'Opening' : 'Use'}
    </button>
  );
}

/** Work on the model that is under way, was paused or has ended. */
function TaskLine({ card }: CardProps) {
  const { models, connected } = useApp();
  const { task, title } = card;
  if (task === null) return null;
  const { kind, state, failure } = task;
  const isOff = !connected.value || models.busy.value.has(card.name);
  if (state === 'done') {
    return (
      <p class="hint task-done">
        <Icon name="check" /> Every file is whole.
      </p>
    );
  }
  const percent = taskPercent(task);
  return (
    <div class="task">
      {failure === null ? null : <FailureNote report={failure} />}
      {state === 'failed' && kind === 'verify' ? null : (
        <>
          <ProgressBar
            label={`${kind === 'pull' ? 'Getting' : 'Checking'} ${title}`}
            percent={percent ?? 0}
          />
          <p class="hint">{taskText(task)}</p>
        </>
      )}
      <div class="card-actions">
        {kind === 'pull' && state === 'running' ? (
          <button
            type="button"
            class="button small"
            disabled={isOff}
            onClick={() => models.act(card, 'pause')}
          >
            Pause
          </button>
        ) : null}
        {kind === 'pull' && state !== 'running' ? (
          <button
            type="button"
            class="button small"
            disabled={isOff}
            onClick={() => models.act(card, 'resume')}
          >
            Resume
          </button>
        ) : null}
        <button
          type="button"
          class="button small"
          disabled={isOff}
          onClick={() => models.act(card, 'cancel')}
        >
          {kind === 'verify' && state === 'failed' ? 'Dismiss' : 'Cancel'}
        </button>
      </div>
    </div>
  );
}

function upperFirst(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
