import { type CanvasSize, type ImageSize, pictureSizeFor } from '../../../../shared/geometry.ts';
import { NAMED_SIZES } from '../../../../shared/picture-size.ts';
import { PICTURE_MAX_SIDE } from '../../../../shared/protocol/limits.ts';
import type { ModelSummary } from '../../../../shared/protocol/server-messages.ts';
import { useApp } from '../../app-context.ts';

/** A frame of fewer pixels shows nothing. */
const SIZE_MIN = 16;

/** Proportions of the model's own sizes that are offered, where it names none. */
const PROPORTIONS = [
  { width: 3, height: 2 },
  { width: 2, height: 3 },
  { width: 16, height: 9 },
];

interface CatalogueSizesProps {
  readonly sizes: readonly ImageSize[];
  readonly model: ModelSummary;
  readonly onChange: (sizes: readonly ImageSize[]) => void;
}

/** Sizes of a catalogue's pictures: the model's own, formats by name, and those of selected frames. */
export function CatalogueSizes({ sizes, model, onChange }: CatalogueSizesProps) {
  const app = useApp();
  const square = { width: model.resolution, height: model.resolution };
  const own = model.sizes ?? [square, ...PROPORTIONS.map((format) => pictureSizeFor(format, model))];
  const frames = app.selection.frames.value.map(formatOf);
  const preset = app.generating.presets.current?.size;
  const offered = new Map(
    [...own, ...Object.values(NAMED_SIZES), ...(preset ? [preset] : []), ...frames, ...sizes].map((size) => [
      sizeText(size),
      size,
    ]),
  );
  const chosen = sizes.map(sizeText);
  return (
    <section class="group">
      <h3>Sizes</h3>
      <div class="chips">
        {[...offered].map(([text, { width, height }]) => (
          <button
            key={text}
            type="button"
            class="chip"
            aria-pressed={chosen.includes(text)}
            onClick={() =>
              onChange(
                chosen.includes(text)
                  ? sizes.filter((size) => sizeText(size) !== text)
                  : [...sizes, { width, height }],
              )
            }
          >
            {nameOf({ width, height })}
            {text}
          </button>
        ))}
      </div>
      <p class="hint">Select frames on the canvas to add their sizes.</p>
    </section>
  );
}

/** The pixels of a frame, of which a picture has at most so many a side. */
function formatOf({ width, height }: CanvasSize): ImageSize {
  const scale = Math.min(1, PICTURE_MAX_SIDE / Math.max(width, height));
  const side = (length: number) => Math.max(SIZE_MIN, Math.round(length * scale));
  return { width: side(width), height: side(height) };
}

/** "story ", for a size that has a name. */
function nameOf(size: ImageSize): string {
  const found = Object.entries(NAMED_SIZES).find(([, format]) => sizeText(format) === sizeText(size));
  return found === undefined ? '' : `${found[0]} `;
}

function sizeText({ width, height }: ImageSize): string {
  return `${width} × ${height}`;
}
