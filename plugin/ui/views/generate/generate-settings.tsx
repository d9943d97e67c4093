import { type CanvasSize, type ImageSize, pictureSizeFor } from '../../../../shared/geometry.ts';
import { GENERATE_MAX_COUNT, SEED_MAX, STRENGTH_MAX } from '../../../../shared/protocol/limits.ts';
import type { FillTarget } from '../../../layout-messages.ts';
import { useApp } from '../../app-context.ts';
import { NumberField, Row, Slider } from '../../parts/field.tsx';
import { IconButton } from '../../parts/icon.tsx';
import { MoreSettings } from '../../parts/more-settings.tsx';
import { chosenSize, EMPTY_GENERATE_OPTIONS, type GenerateDraft, newSeed } from '../../work/drafts.ts';
import { type ActingSettings, changedGenerateOptions } from '../../work/generate/acting-settings.ts';
import { CountChoice } from './count-choice.tsx';
import { GenerateOptions } from './generate-options.tsx';
import { GeneratePreset } from './generate-preset.tsx';

interface GenerateSettingsProps {
  readonly draft: GenerateDraft;
  /** Settings that do something; no others are shown. */
  readonly acting: ActingSettings;
  readonly onChange: (part: Partial<GenerateDraft>) => void;
}

export function GenerateSettings({ draft, acting, onChange }: GenerateSettingsProps) {
  const { limits, model: served } = useApp();
  const model = served.value;
  const most = limits.value?.generateMaxCount ?? GENERATE_MAX_COUNT;
  return (
    <section class="rows">
      <GeneratePreset draft={draft} onChange={onChange} />
      <Row id="count" label="Variants">
        <CountChoice value={draft.count} max={most} onChange={(count) => onChange({ count })} />
      </Row>
      <SizeRow draft={draft} acting={acting} onChange={onChange} />
      <SeedRow draft={draft} onChange={onChange} />
      {acting.strength ? (
        <Row id="strength" label="Strength">
          <Slider
            id="strength"
            value={draft.strength}
            min={0}
            max={STRENGTH_MAX}
            step={0.05}
            text={draft.strength.toFixed(2)}
            onChange={(strength) => onChange({ strength })}
          />
        </Row>
      ) : null}
      {model?.notes?.map((note) => (
        <p key={note} class="hint">
          {note}
        </p>
      ))}
      <MoreSettings
        changed={changedGenerateOptions(draft, model?.defaults.generate.mask, acting)}
        onReset={() => onChange(EMPTY_GENERATE_OPTIONS)}
      >
        <GenerateOptions draft={draft} acting={acting} onChange={onChange} />
      </MoreSettings>
    </section>
  );
}

function SeedRow({ draft, onChange }: Pick<GenerateSettingsProps, 'draft' | 'onChange'>) {
  return (
    <Row id="seed" label="Seed" hint={`The next pictures take ${draft.seedLocked ? 'this' : 'a new'} one.`}>
      <div class="joined">
        <NumberField
          id="seed"
          value={draft.seed}
          min={0}
          max={SEED_MAX}
          onChange={(seed) => onChange({ seed: Math.round(seed ?? 0), seedLocked: true })}
        />
        <IconButton
          icon="shuffle"
          label="Another seed"
          onClick={() => onChange({ seed: newSeed(), seedLocked: true })}
        />
        <IconButton
          icon={draft.seedLocked ? 'lock' : 'unlock'}
          label="Keep this seed"
          pressed={draft.seedLocked}
          onClick={() => onChange({ seedLocked: !draft.seedLocked })}
        />
      </div>
    </Row>
  );
}

function SizeRow({ draft, acting, onChange }: GenerateSettingsProps) {
  const app = useApp();
  const model = app.model.value;
  const frame = app.selection.only.value;
  if (model === undefined) return null;
  const area = app.selection.sceneIn.value ?? app.selection.area.value;
  if (!acting.size && area !== undefined) return <SizeOfLayout layout={area} />;
  const target = app.filling.target.value;
  if (target !== undefined) return <FillSizeRow target={target} />;
  const { size } = draft;
  const fromFrame =
    frame === undefined
      ? 'Selected frame'
      : `${frame.name} – ${Math.round(frame.width)} × ${Math.round(frame.height)}`;
  // The first is the square.
  const trained = (model.sizes ?? []).slice(1);
  const known = size.type === 'fixed' && trained.some((one) => sizeKey(one) === sizeKey(size));
  return (
    <Row id="size" label="Size" hint={sizeHint(size, chosenSize(size, model, frame), frame !== undefined)}>
      <select
        id="size"
        class="input"
        value={known ? sizeKey(size) : size.type}
        onChange={({ currentTarget }) => {
          const type = currentTarget.value;
          const one = trained.find((candidate) => sizeKey(candidate) === type);
          if (one !== undefined) onChange({ size: { type: 'fixed', ...one } });
          if (type === 'model' || type === 'frame') onChange({ size: { type } });
        }}
      >
        <option value="model">
          Square – {model.resolution} × {model.resolution}
        </option>
        <option value="frame">{fromFrame}</option>
        {trained.map((one) => (
          <option key={sizeKey(one)} value={sizeKey(one)}>
            {one.width} × {one.height}
          </option>
        ))}
        {size.type === 'layout' ? (
          <option value="layout">
            {size.name} – {Math.round(size.width)} × {Math.round(size.height)}
          </option>
        ) : null}
        {size.type === 'fixed' && !known ? (
          <option value="fixed">
            As before – {size.width} × {size.height}
          </option>
        ) : null}
      </select>
    </Row>
  );
}

/** @param made the size in pixels that the model makes of it */
function sizeHint(
  { type }: GenerateDraft['size'],
  made: ImageSize | undefined,
  hasFrame: boolean,
): string | undefined {
  if (type === 'frame' && !hasFrame) return 'Select one frame to take its size.';
  return type === 'layout' || type === 'frame' ? `Made at ${made?.width} × ${made?.height} px.` : undefined;
}

/** The layer decides: there is nothing to choose. */
function FillSizeRow({ target }: { readonly target: FillTarget }) {
  const { model, filling } = useApp();
  const { width, height } = pictureSizeFor(target, model.value!);
  const isPainted = target.layout !== null && filling.showsLayout.value;
  return (
    <SizeOfLayout
      layout={target}
      hint={
        isPainted
          ? 'As large as the layout around it.'
          : `Made at ${width} × ${height} px, ${cut(target, { width, height })}.`
      }
    />
  );
}

/** Share of a picture below which a person would wonder where the rest is. */
const MUCH_IS_SEEN = 0.75;

/** Words on how much of a picture is seen in a layer: models make none as elongated as layers can be. */
function cut(layer: CanvasSize, picture: ImageSize): string {
  const wider = (layer.width * picture.height) / (layer.height * picture.width);
  const seen = Math.min(wider, 1 / wider);
  if (seen >= MUCH_IS_SEEN) return 'cut to fit';
  return `of which the middle ${Math.max(1, Math.round(seen * 100))} % is seen`;
}

interface SizeOfLayoutProps {
  readonly layout: CanvasSize & { readonly name: string };
  readonly hint?: string;
}

/** Told, and nothing to choose. */
function SizeOfLayout({ layout: { name, width, height }, hint }: SizeOfLayoutProps) {
  return (
    <Row id="size" label="Size" hint={hint}>
      <output id="size" class="output">
        {name} – {Math.round(width)} × {Math.round(height)}
      </output>
    </Row>
  );
}

function sizeKey({ width, height }: ImageSize): string {
  return `${width}x${height}`;
}
