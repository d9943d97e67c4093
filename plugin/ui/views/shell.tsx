import type { JSX } from 'preact';
import { COMMAND_PLACE, START_COMMAND } from '../../../shared/errors.ts';
import { type PanelView, VIEWS } from '../app.ts';
import { useApp } from '../app-context.ts';
import { ProgressBar } from '../parts/controls.tsx';
import { FailureNote, Note } from '../parts/note.tsx';
import { jobTitle, percent, timeLeft } from '../work/labels.ts';
import { Connect } from './connect.tsx';
import { Generate } from './generate.tsx';
import { History } from './history.tsx';
import { Library } from './library.tsx';
import { Teach } from './teach-form.tsx';

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

/** The companion's running job, from every view; a click leads to it. */
function StatusBar() {
  const app = useApp();
  const running = app.board.running.value;
  const waiting = app.board.queued.value.length;
  const isReady = app.connected.value;
  if (isReady && running !== undefined) {
    const progress = app.board.progress.value.get(running.job);
    const show = () => {
      if (running.kind === 'teach') app.shownTeach.value = running.job;
      else app.shownGenerate.value = running.job;
      app.show(running.kind);
    };
    const left = timeLeft(progress?.secondsLeft);
    return (
      <footer>
        <button type="button" class="status" onClick={show}>
          <span class="status-text">{jobTitle(running)}</span>
          <span class="quiet">
            {left || `${percent(progress)} %`}
            {waiting > 0 ? ` · ${waiting} waiting` : ''}
          </span>
        </button>
        <ProgressBar label={jobTitle(running)} percent={progress === undefined ? null : percent(progress)} />
      </footer>
    );
  }
  return (
    <footer>
      <div class="status">
        <span class={isReady ? 'dot on' : 'dot'} />
        <span class="status-text">
          {isReady ? 'On this computer' : 'Connecting'}
          <span class="quiet">
            {' '}
            · {app.model.value?.name}
            {app.model.value?.isDemonstration ? ' (demonstration)' : ''}
          </span>
        </span>
        <span class="quiet">{deviceName(app.device.value)}</span>
      </div>
    </footer>
  );
}

function deviceName(device: string): string {
  if (device === 'auto' || device === '') return '';
  return device === 'webgpu' ? 'WebGPU' : device.toUpperCase();
}

const TITLES: Readonly<Record<PanelView, string>> = {
  generate: 'Generate',
  teach: 'Teach',
  library: 'Library',
  history: 'History',
};
const PANELS: Readonly<Record<PanelView, () => JSX.Element>> = {
  generate: Generate,
  teach: Teach,
  library: Library,
  history: History,
};

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
        <h1 class="visually-hidden">Likeness</h1>
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
  const state = companion.state.value;
  if (state.phase === 'lost' && state.slow) {
    return (
      <Note tone="warning" title="This panel was too slow">
        <p>
          The companion closed the connection, since too much waited to be read. It connects again by itself,
          and missing pictures are sent again.
        </p>
      </Note>
    );
  }
  return (
    <Note tone="warning" title="The companion does not answer">
      <p>
        Run <kbd>{START_COMMAND}</kbd> in {COMMAND_PLACE}. Work that was started goes on as soon as it runs.
      </p>
      <button
        type="button"
        class="button small"
        disabled={state.phase !== 'lost'}
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
