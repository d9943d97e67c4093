import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import type {
  Computer as ComputerFacts,
  ComputerFolder,
  InstallationKind,
} from '../../../shared/protocol/computer.ts';
import { useApp } from '../app-context.ts';
import { Check } from '../parts/field.tsx';
import { FailureNote, Note } from '../parts/note.tsx';
import { momentText, sizeText } from '../work/labels.ts';

/** The companion's computer: what runs, what it takes, how it starts and ends. */
export function Computer() {
  const { computer, connected } = useApp();
  const isConnected = connected.value;
  useEffect(() => {
    if (isConnected) computer.refresh();
  }, [isConnected]);
  const facts = computer.facts.value;
  const failure = computer.failure.value;
  return (
    <div class="view">
      {failure === undefined ? null : <FailureNote report={failure} />}
      {facts === undefined ? null : (
        <>
          <Running facts={facts} />
          <ForFigma manifest={facts.manifest} />
          <Disk facts={facts} />
          <AtLogin isOn={facts.startsAtLogin} />
          <Update kind={facts.installation.kind} />
          <Ending facts={facts} />
        </>
      )}
    </div>
  );
}

function Running({ facts }: { readonly facts: ComputerFacts }) {
  const since = momentText(facts.startedAt);
  return (
    <p>
      Likeness {facts.version} has been running since {since}.{' '}
      <span class="quiet">It talks to programs on this computer alone.</span>
    </p>
  );
}

function ForFigma({ manifest }: { readonly manifest: string }) {
  const { computer, connected } = useApp();
  const code = computer.code.value;
  return (
    <section class="group" aria-labelledby="for-figma">
      <h2 id="for-figma">Use it in Figma</h2>
      <ol class="steps">
        <li>In Figma’s desktop app: Plugins → Development → Import plugin from manifest…</li>
        <li>
          Choose <kbd>{manifest}</kbd>
        </li>
        <li>Open Plugins → Development → Likeness, and type the code.</li>
      </ol>
      <div class="code-line">
        <button
          type="button"
          class="button small"
          disabled={!connected.value}
          onClick={() => computer.showCode()}
        >
          {code === undefined ? 'Show a code' : 'Another code'}
        </button>
        {code === undefined ? null : (
          <output class="shown-code">
            {code.replace(/\d{3}(?=\d)/g, '$& ')} <span class="quiet">for ten minutes, once</span>
          </output>
        )}
      </div>
    </section>
  );
}

const FOLDERS: Readonly<Record<ComputerFolder, string>> = {
  concepts: 'Concepts',
  models: 'Models',
  jobs: 'History and pictures',
  cache: 'Cache, made again when needed',
  logs: 'Logs',
};

function Disk({ facts: { folders, freeBytes } }: { readonly facts: ComputerFacts }) {
  const { computer, connected } = useApp();
  return (
    <section class="group" aria-labelledby="disk">
      <div class="section-head">
        <h2 id="disk">On the disk</h2>
        <span class="quiet">{sizeText(freeBytes)} free</span>
      </div>
      <ul class="queue">
        {folders.map(({ name, path, sizeBytes }) => (
          <li key={name} class="queue-item">
            <span class="queue-text" title={path}>
              {FOLDERS[name]}
            </span>
            <span class="quiet">{sizeText(sizeBytes)}</span>
            <button
              type="button"
              class="button small"
              aria-label={`Open the folder: ${FOLDERS[name]}`}
              disabled={!connected.value}
              onClick={() => computer.openFolder(name)}
            >
              Open
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

function AtLogin({ isOn }: { readonly isOn: boolean | null }) {
  const { computer, connected } = useApp();
  if (isOn === null) return null;
  return (
    <Check checked={isOn} disabled={!connected.value} onChange={(on) => computer.startAtLogin(on)}>
      Start Likeness when I log in
    </Check>
  );
}

const UPDATES: Readonly<Record<InstallationKind, string>> = {
  portable:
    'To update, open the new version’s folder: it takes the place of this one, and goes on with everything that is here.',
  package: 'To update, run npm install -g likeness@latest, and start it again.',
  clone: 'To update, pull the new version, run npm ci, and start it again.',
};

function Update({ kind }: { readonly kind: InstallationKind }) {
  return (
    <section class="group" aria-labelledby="update">
      <h2 id="update">Update</h2>
      <p class="quiet">Likeness looks for nothing on the internet by itself. {UPDATES[kind]}</p>
    </section>
  );
}

function Ending({ facts: { installation, folders } }: { readonly facts: ComputerFacts }) {
  const { computer, connected } = useApp();
  const isAsking = useSignal(false);
  const left = computer.left.value;
  if (left !== undefined && !connected.value) {
    return (
      <Note tone="info" title={left === 'nothing' ? 'Likeness has quit' : 'Likeness is off this computer'}>
        {left === 'nothing' ? null : <p>{lastStep(installation)}</p>}
      </Note>
    );
  }
  if (!isAsking.value) {
    return (
      <div class="card-actions">
        <button
          type="button"
          class="button"
          disabled={!connected.value}
          onClick={() => computer.leave('nothing')}
        >
          Quit Likeness
        </button>
        <button
          type="button"
          class="button danger"
          disabled={!connected.value}
          onClick={() => {
            isAsking.value = true;
          }}
        >
          Uninstall…
        </button>
      </div>
    );
  }
  const kept = folders.filter(({ name }) => name === 'concepts' || name === 'jobs');
  const keptBytes = kept.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  return (
    <Note
      tone="warning"
      title="Take Likeness off this computer?"
      onClose={() => {
        isAsking.value = false;
      }}
    >
      <p>It quits and no longer starts at login. {lastStep(installation)}</p>
      <p>Your concepts and pictures ({sizeText(keptBytes)}) stay, unless you delete them here for good.</p>
      <div class="card-actions">
        <button type="button" class="button small" onClick={() => computer.leave('program')}>
          Uninstall, keep my work
        </button>
        <button type="button" class="button small danger" onClick={() => computer.leave('everything')}>
          Delete everything
        </button>
      </div>
    </Note>
  );
}

function lastStep({ kind, folder }: ComputerFacts['installation']): string {
  if (kind === 'package') return 'Last step: run npm uninstall -g likeness.';
  return `Last step: delete the folder ${folder}.`;
}
