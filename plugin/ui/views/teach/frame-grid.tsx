import { type FrameFinding, frameFindings } from '../../../../shared/frame-advice.ts';
import type { SelectedFrame } from '../../../messages.ts';
import type { App } from '../../app.ts';
import { useApp } from '../../app-context.ts';
import type { FrameThumbnail } from '../../canvas/selection.ts';
import { Icon } from '../../parts/icon.tsx';
import { FINDING_LABELS, groupedByText } from '../../work/labels.ts';
import { BackgroundRemoval } from './background-removal.tsx';

/** Fewer show too little of a product. */
const FEW = 3;

/** The selected frames, with advice; a click leaves a frame out. */
export function FrameGrid({ most }: { readonly most: number }) {
  const app = useApp();
  const frames = app.selection.frames.value;
  const { left } = app.teachDraft.value;
  const used = frames.filter(({ nodeId }) => !left.has(nodeId));
  if (frames.length === 0) {
    return (
      <section class="empty">
        <Icon name="frame" />
        <h2 tabIndex={-1}>Select frames of your product</h2>
        <p>Three to eight views on the canvas, each with one product, ideally without a background.</p>
      </section>
    );
  }
  const toggle = (nodeId: string) => {
    const next = new Set(left);
    if (!next.delete(nodeId)) next.add(nodeId);
    app.teachDraft.value = { ...app.teachDraft.value, left: next };
  };
  return (
    <section aria-label="Frames">
      <div class="section-head">
        <h2 tabIndex={-1}>
          {used.length} {used.length === 1 ? 'frame' : 'frames'}
        </h2>
        <span class="quiet">{setAdvice(used.length, most)}</span>
      </div>
      <div class="frames">
        {frames.map((frame) => (
          <FrameTile
            key={frame.nodeId}
            frame={frame}
            thumbnail={app.selection.thumbnails.value.get(frame.nodeId)}
            finding={findingOf(app, frame)}
            isUsed={!left.has(frame.nodeId)}
            onToggle={() => toggle(frame.nodeId)}
          />
        ))}
      </div>
      <FrameAdviceList frames={used} />
      <BackgroundRemoval frames={used} />
    </section>
  );
}

function setAdvice(count: number, most: number): string {
  if (count > most) return `At most ${most}: leave some out`;
  if (count < FEW) return 'Three to eight views work best';
  return 'Click one to leave it out';
}

interface FrameTileProps {
  readonly frame: SelectedFrame;
  readonly thumbnail: FrameThumbnail | undefined;
  readonly finding: FrameFinding | undefined;
  readonly isUsed: boolean;
  readonly onToggle: () => void;
}

function FrameTile({ frame, thumbnail, finding, isUsed, onToggle }: FrameTileProps) {
  return (
    <button
      type="button"
      class="frame"
      aria-pressed={isUsed}
      title={finding?.advice ?? frame.name}
      onClick={onToggle}
    >
      <span class="frame-picture">
        {thumbnail?.url === undefined ? null : <img src={thumbnail.url} alt="" />}
      </span>
      <span class="frame-name">{frame.name}</span>
      {isUsed && finding !== undefined ? (
        <span class={`badge ${finding.severity}`}>{FINDING_LABELS[finding.code]}</span>
      ) : null}
      {isUsed ? null : <span class="badge">Left out</span>}
    </button>
  );
}

/** The finding that matters most. */
function findingOf({ selection, model }: App, frame: SelectedFrame): FrameFinding | undefined {
  const [worst] = frameFindings({
    ...selection.thumbnails.value.get(frame.nodeId)?.measures,
    canvasSide: Math.max(frame.width, frame.height),
    resolution: model.value?.resolution,
  });
  return worst;
}

/** Each finding once, with the frames it is about: four frames with backgrounds are one thing to do. */
function FrameAdviceList({ frames }: { readonly frames: readonly SelectedFrame[] }) {
  const app = useApp();
  const groups = groupedByText(
    frames.flatMap((frame) => {
      const finding = findingOf(app, frame);
      return finding === undefined ? [] : [{ ...finding, text: finding.advice, name: frame.name }];
    }),
  );
  if (groups.length === 0) return null;
  return (
    <ul class="advice">
      {groups.map((group) => {
        const [{ text, severity, name }] = group;
        return (
          <li key={text} class={severity}>
            <Icon name="warning" />
            <span>
              <strong>{group.length === 1 ? name : `${group.length} frames`}</strong> {text}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
