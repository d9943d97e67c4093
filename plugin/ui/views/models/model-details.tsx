import { type Signal, useSignal } from '@preact/signals';
import type { ModelCard as ModelCardFacts } from '../../../../shared/protocol/model.ts';
import { useApp } from '../../app-context.ts';
import { Check } from '../../parts/field.tsx';
import { Icon } from '../../parts/icon.tsx';
import { Note } from '../../parts/note.tsx';
import { hasEnded } from '../../work/job-board.ts';
import { sizeText } from '../../work/labels.ts';
import { licenceName } from '../../work/models/model-words.ts';

interface CardProps {
  readonly card: ModelCardFacts;
}

export function ModelDetails({ card }: CardProps) {
  const { place, path, licence, task, fault } = card;
  const isRepairable = place === 'fetched' && (fault !== null || task?.state === 'failed');
  return (
    <div class="model-details">
      {path === null ? null : (
        <p class="hint">
          Added from <kbd>{path}</kbd>
        </p>
      )}
      {task === null && (place === 'offered' || isRepairable) ? (
        <Licence card={card} />
      ) : licence === null ? null : (
        <p class="hint">
          Licence: <LicenceLink card={card} />
        </p>
      )}
      {place === 'offered' ? null : <Keeping card={card} />}
    </div>
  );
}

function LicenceLink({ card: { licence } }: CardProps) {
  if (licence === null) return null;
  if (licence.url === null) return <>{licenceName(licence.id)}</>;
  return (
    <a class="link" href={licence.url} target="_blank" rel="noopener noreferrer">
      {licenceName(licence.id)}
    </a>
  );
}

/** The licence to read and accept; nothing is fetched before. */
function Licence({ card }: CardProps) {
  const app = useApp();
  const { models } = app;
  const isAccepted = useSignal(false);
  const { name, title, licence, sizeBytes, keptBytes } = card;
  if (licence === null) return null;
  const missing = Math.max(0, sizeBytes - keptBytes);
  const isOff = !app.connected.value || !isAccepted.value || models.busy.value.has(name);
  const get = async () => {
    if (await models.act(card, 'pull', licence.id)) app.say(`Getting ${title}.`);
  };
  return (
    <>
      <p>
        {title} is its makers’, under the licence <LicenceLink card={card} />. It says what{' '}
        {models.isNetwork(name) ? 'it' : 'pictures'} may be used for.
      </p>
      {licence.note === null ? null : (
        <Note tone="warning" title="Before you get it">
          <p>{licence.note}</p>
        </Note>
      )}
      <Check
        checked={isAccepted.value}
        onChange={(checked) => {
          isAccepted.value = checked;
        }}
      >
        I have read the licence and accept it
      </Check>
      <button type="button" class="button primary" disabled={isOff} onClick={get}>
        {keptBytes > 0 ? `Get the rest, ${sizeText(missing)}` : `Get it, ${sizeText(missing)}`}
      </button>
    </>
  );
}

/** Checking and removing a model that is here. */
function Keeping({ card }: CardProps) {
  const app = useApp();
  const { models } = app;
  const isAsking = useSignal(false);
  const { name, place, inUse, task, sizeBytes } = card;
  const waiting = [...app.board.jobs.value.values()].filter((job) => job.model === name && !hasEnded(job));
  const isOff = !app.connected.value || models.busy.value.has(name);
  const isNetwork = models.isNetwork(name);
  const frees =
    place === 'linked' ? 'Its files stay where they are.' : `${sizeText(sizeBytes)} are free then.`;
  return (
    <>
      {waiting.length === 0 || inUse ? null : (
        <p class="hint">Jobs that were asked for on it stay with it, and it stays for them.</p>
      )}
      {isAsking.value ? (
        <p>
          Remove it from this computer? {frees}{' '}
          {isNetwork
            ? 'What was made with it stays.'
            : 'Concepts taught on it stay, and work on another model of its kind, where they may look different.'}
        </p>
      ) : null}
      <div class="card-actions">
        {!isAsking.value && (task === null || task.state === 'done') ? (
          <button
            type="button"
            class="button small"
            disabled={isOff}
            onClick={() => models.act(card, 'check')}
          >
            Check files
          </button>
        ) : null}
        {place === 'embedded' || inUse ? null : (
          <RemoveButtons isAsking={isAsking} isOff={isOff} onRemove={() => models.act(card, 'remove')} />
        )}
      </div>
    </>
  );
}

interface RemoveButtonsProps {
  /** True after the first press: the second one removes. */
  readonly isAsking: Signal<boolean>;
  readonly isOff: boolean;
  readonly onRemove: () => void;
}

function RemoveButtons({ isAsking, isOff, onRemove }: RemoveButtonsProps) {
  return (
    <>
      <button
        type="button"
        class="button small danger"
        disabled={isOff}
        onClick={() => {
          if (isAsking.value) onRemove();
          isAsking.value = !isAsking.value;
        }}
      >
        <Icon name="trash" /> {isAsking.value ? 'Remove it' : 'Remove…'}
      </button>
      {isAsking.value ? (
        <button
          type="button"
          class="button small"
          onClick={() => {
            isAsking.value = false;
          }}
        >
          Keep it
        </button>
      ) : null}
    </>
  );
}
