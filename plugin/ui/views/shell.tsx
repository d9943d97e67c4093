import type { JSX } from 'preact';
import { COMMAND_PLACE, isInstalled, START_COMMAND } from '../../../shared/errors.ts';
import type { ModelSummary } from '../../../shared/protocol/server-messages.ts';
import { useApp } from '../app-context.ts';
import { type PanelView, STATUS_VIEWS, type StatusView, type TabView, VIEWS } from '../panel-views.ts';
import { ProgressBar } from '../parts/controls.tsx';
import { IconButton } from '../parts/icon.tsx';
import { FailureNote, Note } from '../parts/note.tsx';
import { jobTitle, percent, timeLeft } from '../work/labels.ts';
import { Catalogue } from './catalogue/catalogue.tsx';
import { showCatalogue } from './catalogue/catalogue-acts.tsx';
import { Computer } from './computer.tsx';
import { Connect } from './connect.tsx';
import { Generate } from './generate/generate.tsx';
import { History } from './history/history.tsx';
import { Library } from './library/library.tsx';
import { Models } from './models/models.tsx';
import { Teach } from './teach/teach-form.tsx';

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
      if (running.kind === 'catalogue') return showCatalogue(app, running.job);
      if (running.kind === 'teach') app.shownTeach.value = running.job;
      else app.shownGenerate.value = running.job;
      app.show(running.kind);
    };
    const left = timeLeft(progress?.secondsLeft);
    return (
      <footer>
        <div class="status-row">
          <button type="button" class="status" onClick={show}>
            <span class="status-text">{jobTitle(running)}</span>
            <span class="quiet">
              {left || `${percent(progress)} %`}
              {waiting > 0 ? ` · ${waiting} waiting` : ''}
            </span>
          </button>
          <StatusLink view="models">Model</StatusLink>
        </div>
        <ProgressBar label={jobTitle(running)} percent={progress === undefined ? null : percent(progress)} />
      </footer>
    );
  }
  return (
    <footer>
      <div class="status">
        <span class={isReady ? 'dot on' : 'dot'} />
        <span class="status-text status-names">
          {isReady ? <StatusLink view="computer">On this computer</StatusLink> : 'Connecting'}
          <span class="quiet">·</span>
          <StatusLink view="models">{modelName(app.model.value)}</StatusLink>
        </span>
        <span class="quiet">{deviceName(app.device.value)}</span>
      </div>
    </footer>
  );
}

/** A word of the status bar that opens its view, and closes it again. */
function StatusLink({ view, children }: { readonly view: StatusView; readonly children: string }) {
  const app = useApp();
  const isOpen = app.view.value === view;
  return (
    <button
      type="button"
      class="status-link"
      aria-expanded={isOpen}
      title={STATUS_TITLES[view]}
      onClick={() => app.show(isOpen ? VIEWS[0] : view)}
    >
      {children}
    </button>
  );
}

function modelName(model: ModelSummary | undefined): string {
  return `${model?.name ?? ''}${model?.isDemonstration ? ' (demonstration)' : ''}`;
}

function deviceName(device: string): string {
  if (device === 'auto' || device === '') return '';
  return device === 'webgpu' ? 'WebGPU' : device.toUpperCase();
}

const STATUS_TITLES: Readonly<Record<StatusView, string>> = {
  computer: 'This computer',
  models: 'Models',
  catalogue: 'Catalogue',
};
const TITLES: Readonly<Record<TabView, string>> = {
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
  computer: Computer,
  models: Models,
  catalogue: Catalogue,
};

function isStatusView(view: PanelView): view is StatusView {
  return STATUS_VIEWS.some((one) => one === view);
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
        <h1 class="visually-hidden">Likeness</h1>
        <Tabs />
      </header>
      {/* Outside of what scrolls: none of it may be missed. */}
      <div class="notices">
        {app.connected.value ? null : (
          <div role="status">
            <AwayNote />
          </div>
        )}
        {app.failure.value === undefined ? null : (
          <FailureNote report={app.failure.value} onClose={() => (app.failure.value = undefined)} />
        )}
      </div>
      <main>
        {isStatusView(view) ? (
          <section id="panel" aria-label={STATUS_TITLES[view]}>
            <StatusHead title={STATUS_TITLES[view]} />
            <Panel />
          </section>
        ) : (
          <div id="panel" role="tabpanel" aria-labelledby={`tab-${view}`}>
            <Panel />
          </div>
        )}
      </main>
      <StatusBar />
    </div>
  );
}

/** Title of a view without a tab, and the way back. */
function StatusHead({ title }: { readonly title: string }) {
  const app = useApp();
  return (
    <div class="status-head">
      <h2>{title}</h2>
      <IconButton icon="close" label={`Close: ${title}`} onClick={() => app.show(VIEWS[0])} />
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
        {isInstalled ? 'Open Likeness again, or run ' : 'Run '}
        <kbd>{START_COMMAND}</kbd> in {COMMAND_PLACE}. Work that was started goes on as soon as it runs.
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
    const at = VIEWS.indexOf(app.view.value as TabView);
    const next = VIEWS[(Math.max(at, 0) + step + VIEWS.length) % VIEWS.length]!;
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
          tabIndex={view === (isStatusView(app.view.value) ? VIEWS[0] : app.view.value) ? 0 : -1}
          onClick={() => app.show(view)}
        >
          {TITLES[view]}
        </button>
      ))}
    </div>
  );
}
