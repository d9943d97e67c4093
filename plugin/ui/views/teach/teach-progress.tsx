import { likenessVerdict, NOT_YET, notYetAdvice } from '../../../../shared/likeness.ts';
import type { CurvePoint } from '../../../../shared/loss-curve.ts';
import { type JobOf, savedRunOf } from '../../../../shared/protocol/job.ts';
import { useApp } from '../../app-context.ts';
import { ProgressBar, TimeLeft } from '../../parts/controls.tsx';
import { FailureNote, Note } from '../../parts/note.tsx';
import { adviceByText, durationText, percent, phaseText, savedText } from '../../work/labels.ts';
import { Outcome, TeachHeading } from './teach-outcome.tsx';

/** A product being learned: how far, how well, and what it looks like by now. */
export function TeachProgress({ job }: { readonly job: JobOf<'teach'> }) {
  const app = useApp();
  const { status } = job;
  const image = app.pictures.validationImages.value.get(job.job);
  const curve = app.board.curves.value.get(job.job) ?? [];
  return (
    <div class="view">
      {status.state === 'done' ? (
        <Outcome job={job} />
      ) : status.state === 'failed' && image === undefined && curve.length === 0 ? (
        <TeachHeading request={job.request} />
      ) : (
        <section class="teaching">
          <div class="sample" title={image && `Sample after ${image.step} steps`}>
            {image === undefined ? <span class="quiet">A sample appears while it learns</span> : null}
            {image === undefined ? null : <img src={image.url} alt={`Sample after ${image.step} steps`} />}
          </div>
          <TeachHeading request={job.request} />
          <LossCurve curve={curve} />
        </section>
      )}
      <Advice job={job} />
      <div class="actions">
        {status.state === 'done' ? <Done job={job} /> : null}
        {status.state === 'failed' ? <Failed job={job} /> : null}
        {status.state === 'running' || status.state === 'queued' ? <UnderWay job={job} /> : null}
      </div>
    </div>
  );
}

const WIDTH = 184;
const HEIGHT = 64;

/** The falling loss. Its shape is what matters: there are no axes, and no numbers, which differ from model to model. */
function LossCurve({ curve }: { readonly curve: readonly CurvePoint[] }) {
  if (curve.length < 2) return <div class="curve empty">The learning curve appears here.</div>;
  const path = curvePath(curve, WIDTH, HEIGHT);
  const text = isFalling(curve)
    ? 'The error falls as it learns.'
    : 'The error goes up and down: the sample tells more.';
  return (
    <figure class="curve">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label="Learning curve"
      >
        <path class="curve-area" d={`${path} L${WIDTH} ${HEIGHT} L0 ${HEIGHT} Z`} />
        <path class="curve-line" d={path} />
      </svg>
      <figcaption>{text}</figcaption>
    </figure>
  );
}

/** A fall that can be seen in the drawing: less is a straight line. */
const VISIBLE_FALL = 0.15;

/**
 * True where the curve ends lower than it began and is still near its lowest, as an eye sees it: by a share of what is
 * drawn.
 * @internal
 */
export function isFalling(curve: readonly CurvePoint[]): boolean {
  const losses = curve.map(([, loss]) => loss);
  const quarter = Math.max(1, Math.floor(losses.length / 4));
  const mean = (part: readonly number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
  const [first, last] = [mean(losses.slice(0, quarter)), mean(losses.slice(-quarter))];
  const lowest = Math.min(...losses);
  const range = Math.max(...losses) - lowest;
  return first - last > VISIBLE_FALL * range && last - lowest < range / 2;
}

/**
 * From the left edge to the right one; the lowest loss stands two pixels above the bottom.
 *
 * @internal
 */
export function curvePath(curve: readonly CurvePoint[], width: number, height: number): string {
  const losses = curve.map(([, loss]) => loss);
  const lowest = Math.min(...losses);
  const range = Math.max(...losses) - lowest || 1;
  const [start] = curve[0]!;
  const steps = curve.at(-1)![0] - start || 1;
  return curve
    .map(([step, loss], index) => {
      const x = ((step - start) / steps) * width;
      const y = 2 + (1 - (loss - lowest) / range) * (height - 4);
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join(' ');
}

/** The companion's advice on the frames as they were sent: more than their thumbnails showed. */
function Advice({ job }: { readonly job: JobOf<'teach'> }) {
  const notes = adviceByText(job.advice, job.request.images.length);
  if (notes.length === 0) return null;
  const isProblem = notes.some(({ severity }) => severity === 'problem');
  return (
    <Note
      tone={isProblem ? 'warning' : 'info'}
      title={isProblem ? 'Frames that teach less' : 'For a better result'}
    >
      {notes.map(({ frames, text }) => (
        <p key={text}>
          {frames}: {text}
        </p>
      ))}
    </Note>
  );
}

function UnderWay({ job }: { readonly job: JobOf<'teach'> }) {
  const app = useApp();
  const { status } = job;
  const progress = app.board.progress.value.get(job.job);
  const isQueued = status.state === 'queued';
  return (
    <>
      {status.state === 'running' && status.resumed ? (
        <Note tone="info" title="Taken up where it stopped">
          <p>It goes on from what was kept.</p>
        </Note>
      ) : null}
      <div class="section-head">
        <h2>{isQueued ? 'Waiting for other work' : phaseText(progress)}</h2>
        {isQueued ? null : <TimeLeft progress={progress} />}
      </div>
      <ProgressBar
        label={`Teaching @${job.request.name}`}
        percent={progress === undefined ? null : percent(progress)}
      />
      {progress?.slowedBy === 'memory' ? (
        <p class="hint">
          Little memory is free, which makes it slower. Close other programs before you teach the next
          product.
        </p>
      ) : null}
      <p class="hint">You can close the plugin: the companion goes on.</p>
      <button type="button" class="button wide" onClick={() => app.teachForm.showForm()}>
        Teach another
      </button>
      <button
        type="button"
        class="button wide"
        disabled={!app.connected.value}
        onClick={() => app.companion.send({ type: 'cancel', job: job.job })}
      >
        Cancel
      </button>
    </>
  );
}

function Done({ job }: { readonly job: JobOf<'teach'> }) {
  const app = useApp();
  const { name } = job.request;
  const likeness = job.taught?.likeness;
  const verdict = likeness && likenessVerdict(likeness);
  const isDemonstration = app.model.value?.isDemonstration ?? false;
  return (
    <>
      {verdict === 'not-yet' ? (
        <Note tone="warning" title={`${NOT_YET}.`}>
          {notYetAdvice({ isDemonstration }).map((sentence) => (
            <p key={sentence}>{sentence}</p>
          ))}
          {isDemonstration ? (
            <button type="button" class="button small" onClick={() => app.show('models')}>
              Choose a model…
            </button>
          ) : null}
        </Note>
      ) : (
        <p class={verdict === 'looks-like' ? 'done' : undefined}>
          Learned in {durationText(job.taught?.seconds ?? 0)}. It works in every file you open.
        </p>
      )}
      {verdict === 'not-yet' ? <FramesButton isPrimary onClick={() => app.teachForm.again(job)} /> : null}
      <button
        type="button"
        class={verdict === 'not-yet' ? 'button wide' : 'button primary wide'}
        onClick={() => app.use(name)}
      >
        {verdict === 'not-yet' ? `Try @${name} all the same` : `Use @${name}`}
      </button>
      {verdict === 'not-yet' ? null : <FramesButton onClick={() => app.teachForm.showForm()} />}
    </>
  );
}

function Failed({ job }: { readonly job: JobOf<'teach'> }) {
  const app = useApp();
  return (
    <>
      {job.status.state === 'failed' ? <FailureNote report={job.status} /> : null}
      {savedRunOf(job) === undefined ? null : (
        <>
          <p class="hint">{savedText(job)}. Continue now, or later from History.</p>
          <button
            type="button"
            class="button primary wide"
            disabled={!app.connected.value}
            onClick={() => app.continueTeaching(job.job)}
          >
            Continue
          </button>
        </>
      )}
      <FramesButton onClick={() => app.teachForm.again(job)} />
    </>
  );
}

interface FramesButtonProps {
  readonly isPrimary?: boolean;
  readonly onClick: () => void;
}

function FramesButton({ isPrimary = false, onClick }: FramesButtonProps) {
  return (
    <button type="button" class={isPrimary ? 'button primary wide' : 'button wide'} onClick={onClick}>
      Back to the frames
    </button>
  );
}
