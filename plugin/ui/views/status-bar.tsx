import { useApp } from '../app-context.ts';
import { ProgressBar } from '../parts/progress-bar.tsx';
import { jobTitle, percent, timeLeft } from '../work/job-words.ts';

/** What the companion does now, from every view; a click leads to it. */
export function StatusBar() {
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
          <span class="quiet"> · {app.model.value?.name}</span>
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
