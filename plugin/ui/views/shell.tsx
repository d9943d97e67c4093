import type { JSX } from 'preact';
import { VIEWS, type View } from '../app.ts';
import { useApp } from '../app-context.ts';
import { FailureNote, Note } from '../parts/note.tsx';
import { Connect } from './connect.tsx';
import { Generate } from './generate.tsx';
import { History } from './history.tsx';
import { Library } from './library.tsx';
import { StatusBar } from './status-bar.tsx';
import { Teach } from './teach.tsx';

const TITLES: Readonly<Record<View, string>> = {
  generate: 'Generate',
  teach: 'Teach',
  library: 'Library',
  history: 'History',
};
const PANELS: Readonly<Record<View, () => JSX.Element>> = {
  generate: Generate,
  teach: Teach,
  library: Library,
  history: History,
};

export function Shell() {
  const app = useApp();
  // Known from the first welcome on: a connection that is lost later leaves everyone where they are.
  const isSetUp = app.model.value !== undefined && !needsPerson(app.companion.state.value.phase);
  return (
    <>
      {isSetUp ? <Workplace /> : <Connect />}
      <div class="visually-hidden" role="status" aria-live="polite">
        {app.announcement}
      </div>
    </>
  );
}

function needsPerson(phase: string): boolean {
  return phase === 'unpaired' || phase === 'pairing' || phase === 'mismatch';
}

function Workplace() {
  const app = useApp();
  const view = app.view.value;
  const Panel = PANELS[view];
  return (
    <div class="shell">
      <header>
        <Tabs />
      </header>
      {/* Outside of what scrolls: none of it may be missed. */}
      <div class="notices">
        {app.connected.value ? null : <AwayNote />}
        {app.failure.value === undefined ? null : (
          <FailureNote report={app.failure.value} onClose={() => (app.failure.value = undefined)} />
        )}
      </div>
      <main>
        <div id="panel" role="tabpanel" aria-labelledby={`tab-${view}`}>
          <Panel />
        </div>
      </main>
      <StatusBar />
    </div>
  );
}

function AwayNote() {
  const { companion } = useApp();
  return (
    <Note tone="warning" title="The companion does not answer">
      <p>
        Run <kbd>npm start</kbd> in the Likeness folder. Work that was started goes on as soon as it runs.
      </p>
      <button
        type="button"
        class="button small"
        disabled={companion.state.value.phase !== 'lost'}
        onClick={() => companion.search()}
      >
        Look again
      </button>
    </Note>
  );
}

function Tabs() {
  const app = useApp();
  const move = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : 0;
    if (step === 0) return;
    event.preventDefault();
    const next = VIEWS[(VIEWS.indexOf(app.view.value) + step + VIEWS.length) % VIEWS.length]!;
    app.show(next);
    document.getElementById(`tab-${next}`)?.focus();
  };
  return (
    <div class="tabs" role="tablist" aria-label="Views" onKeyDown={move}>
      {VIEWS.map((view) => (
        <button
          key={view}
          type="button"
          role="tab"
          id={`tab-${view}`}
          aria-selected={view === app.view.value}
          aria-controls="panel"
          tabIndex={view === app.view.value ? 0 : -1}
          onClick={() => app.show(view)}
        >
          {TITLES[view]}
        </button>
      ))}
    </div>
  );
}
