import { describe, expect, it, vi } from 'vitest';
import { besideAnchor } from '../../../plugin/main/row.ts';
import { measureFrame } from '../../../plugin/ui/canvas/frame-measures.ts';
import { parseVariantRecord, variantRecord } from '../../../plugin/ui/canvas/variant-record.ts';
import { daysLeft } from '../../../plugin/ui/views/library/library.tsx';
import { curvePath, isFalling } from '../../../plugin/ui/views/teach/teach-progress.tsx';
import { draftOf, emptyGenerate, jobSpecOf } from '../../../plugin/ui/work/drafts.ts';
import { JobBoard } from '../../../plugin/ui/work/job-board.ts';
import { ago, dateText, FINDING_LABELS, phaseText, timeLeft } from '../../../plugin/ui/work/labels.ts';
import { type FrameMeasures, frameFindings } from '../../../shared/frame-advice.ts';
import { CURVE_MAX_POINTS, PROMPT_MAX_LENGTH, SEED_MAX } from '../../../shared/protocol/limits.ts';
import { generateRequestSchema } from '../../../shared/protocol/requests.ts';
import { generateJob, teachJob, welcome } from '../protocol-samples.ts';

describe('a row of variants', () => {
  const size = { width: 100, height: 100 };
  const anchor = { x: 0, y: 0, width: 200, height: 300 };

  it('stands right of its anchor, level with its top', () => {
    expect(besideAnchor(anchor, size, { count: 4, gap: 20 }, [anchor])).toEqual({ x: 220, y: 0 });
  });

  it('moves past everything in its way, and nothing else', () => {
    const taken = [
      { x: 900, y: 0, width: 10, height: 10 },
      { x: 300, y: 50, width: 50, height: 500 },
      { x: 400, y: 500, width: 999, height: 50 },
    ];
    expect(besideAnchor(anchor, size, { count: 4, gap: 20 }, taken)).toEqual({ x: 370, y: 0 });
  });

  it('comes below the row before it, and right of what is too long to go below', () => {
    const row = (y: number) => ({ x: 220, y, width: 460, height: 100 });
    expect(besideAnchor(anchor, size, { count: 4, gap: 20 }, [anchor, row(0), row(120)])).toEqual({
      x: 220,
      y: 240,
    });
    const page = { x: 220, y: 0, width: 460, height: 5000 };
    expect(besideAnchor(anchor, size, { count: 4, gap: 20 }, [anchor, page])).toEqual({ x: 700, y: 0 });
  });
});

describe('a draft', () => {
  const { model } = welcome;

  it('is a request that the companion takes', () => {
    const draft = { ...emptyGenerate(), prompt: ' @aurora on a beach ' };
    expect(generateRequestSchema.parse(jobSpecOf(draft, model, undefined))).toMatchObject({
      prompt: '@aurora on a beach',
      mask: 'adaptive',
    });
  });

  it('takes the shape of the selected frame', () => {
    const draft = { ...emptyGenerate(), prompt: 'x', size: { type: 'frame' } } as const;
    expect(jobSpecOf(draft, model, { width: 1440, height: 810 }).size).toEqual({ width: 88, height: 48 });
    expect(jobSpecOf(draft, model, undefined).size).toBeUndefined();
  });

  it('of a request makes the same request again', () => {
    const spec = { ...generateJob('job-a-0000', { state: 'done' }).request, size: { width: 64, height: 96 } };
    expect(jobSpecOf(draftOf(spec, []), model, undefined)).toEqual(spec);
  });

  it('keeps to the versions of the concepts it still mentions', () => {
    const aurora = { id: 'concept-aurora', name: 'aurora', version: 1 };
    const draft = { ...emptyGenerate(), versions: [aurora, { ...aurora, name: 'summit' }] };
    expect(jobSpecOf({ ...draft, prompt: '@aurora at night' }, model, undefined).concepts).toEqual([aurora]);
  });
});

describe('a variant’s record', () => {
  it('is read as it was written', () => {
    const job = generateJob('job-a-0000', { state: 'done' });
    expect(parseVariantRecord(variantRecord(job, 2, 7216))).toMatchObject({
      job: 'job-a-0000',
      picture: 2,
      seed: 7216,
      request: job.request,
    });
  });

  it('stays far below what Figma takes, even at every limit', () => {
    const references = Array.from({ length: 4 }, () => ({
      id: 'c'.repeat(40),
      name: 'n'.repeat(41),
      version: 9999,
    }));
    const prompt = '界'.repeat(PROMPT_MAX_LENGTH);
    const job = generateJob(
      'j'.repeat(40),
      { state: 'done' },
      {
        prompt,
        negativePrompt: prompt,
        seed: SEED_MAX,
        concepts: references,
      },
    );
    const record = variantRecord({ ...job, concepts: references }, 15, SEED_MAX);
    expect(new TextEncoder().encode(record).length).toBeLessThan(10_000);
  });

  it.each(['', 'null', '{"format":2}', '{"format":1,"job":"../../etc"}'])('is not %j', (text) => {
    expect(parseVariantRecord(text)).toBeUndefined();
  });
});

describe('advice on a frame', () => {
  const frame = (paint: (x: number, y: number) => readonly number[]) => ({
    width: 20,
    height: 20,
    data: Uint8ClampedArray.from(
      Array.from({ length: 400 }, (_, index) => paint(index % 20, Math.floor(index / 20))).flat(),
    ),
  });
  const label = (measures: FrameMeasures) => {
    const [worst] = frameFindings(measures);
    return worst && FINDING_LABELS[worst.code];
  };
  const shaded = (x: number) => [10 * x, 10 * x, 10 * x, 255];
  const nothing = [0, 0, 0, 0];
  const isCorner = (x: number, y: number) => x % 19 === 0 && y % 19 === 0;
  const inside = (x: number, y: number) => x > 3 && x < 16 && y > 3 && y < 16;

  it('is none for a cut-out with light and shade', () => {
    expect(label(measureFrame(frame((x, y) => (inside(x, y) ? shaded(x) : nothing))))).toBeUndefined();
  });

  it.each([
    ['Empty', frame(() => nothing)],
    ['Flat', frame((x, y) => (inside(x, y) ? [90, 90, 90, 255] : nothing))],
    ['Background', frame((x) => shaded(x))],
    ['Background', frame((x, y) => (isCorner(x, y) ? nothing : shaded(x)))],
    ['Cut off', frame((x, y) => (y > 8 && x > 3 && x < 16 ? shaded(x) : nothing))],
  ])('is %s', (expected, pixels) => expect(label(measureFrame(pixels))).toBe(expected));

  it.each([
    [512, 300, undefined],
    [390, 844, undefined],
    [380, 200, 'Small'],
  ])('for %i × %i on the canvas and 512 px is %s', (width, height, expected) =>
    expect(label({ canvasSide: Math.max(width, height), resolution: 512 })).toBe(expected),
  );

  it('is a problem of looks before one of size, and one of size before a hint', () => {
    const small = { canvasSide: 20, resolution: 512 };
    const background = measureFrame(frame((x) => shaded(x)));
    const empty = measureFrame(frame(() => nothing));
    expect(label({ ...empty, ...small })).toBe('Empty');
    expect(label({ ...background, ...small })).toBe('Small');
    expect(label({ ...background, canvasSide: 20, resolution: undefined })).toBe('Background');
    expect(label({})).toBeUndefined();
  });
});

describe('the job board', () => {
  const step = {
    type: 'progress',
    job: 'job-a-0000',
    phase: 'teaching',
    steps: 2_000,
    fraction: 0.5,
    secondsLeft: null,
  } as const;

  it('keeps the queue in the companion’s order', () => {
    const board = new JobBoard();
    const jobs = [
      teachJob('job-second', { state: 'queued', position: 1 }),
      teachJob('job-running', { state: 'running', resumed: false }),
      teachJob('job-first-', { state: 'queued', position: 0 }),
    ];
    board.receive({ ...welcome, jobs });
    expect(board.running.value?.job).toBe('job-running');
    expect(board.queued.value.map(({ job }) => job)).toEqual(['job-first-', 'job-second']);
  });

  it('does not let an old page of history overwrite what is new', () => {
    const board = new JobBoard();
    board.receive({ type: 'job', job: teachJob('job-a-0000', { state: 'done' }) });
    board.addOlder([teachJob('job-a-0000', { state: 'running', resumed: false })]);
    expect(board.jobs.value.get('job-a-0000')?.status.state).toBe('done');
  });

  it('keeps a curve of any length short', () => {
    const board = new JobBoard();
    for (let at = 0; at < 2_000; at++) {
      board.receive({ ...step, step: at, smoothedLoss: 1 / (at + 1) });
    }
    const curve = board.curves.value.get('job-a-0000')!;
    expect(curve.length).toBeLessThanOrEqual(CURVE_MAX_POINTS);
    expect([curve[0], curve.at(-1)]).toEqual([
      [0, 1],
      [1_999, 1 / 2_000],
    ]);
  });

  it('draws a curve that began before the plugin did, and goes on with it', () => {
    const board = new JobBoard();
    const learned = (points: [number, number][]) =>
      board.receive({ type: 'learning-curve', job: 'job-a-0000', points });
    learned([
      [1, 0.9],
      [2, 0.7],
    ]);
    board.receive({ ...step, step: 3, smoothedLoss: 0.6 });
    // Told once more, by a message that was under way.
    board.receive({ ...step, step: 3, smoothedLoss: 0.6 });
    const whole = [
      [1, 0.9],
      [2, 0.7],
      [3, 0.6],
    ];
    expect(board.curves.value.get('job-a-0000')).toEqual(whole);
    // A companion that was started again went on from step 3, and knows nothing of those before.
    learned([[3, 0.5]]);
    expect(board.curves.value.get('job-a-0000')).toEqual([...whole.slice(0, 2), [3, 0.5]]);
  });
});

describe('words', () => {
  it.each([
    [null, ''],
    [3, 'a few seconds left'],
    [42, 'about 45 s left'],
    [58, 'about 1 min left'],
    [130, 'about 2 min left'],
    [3590, 'about 1 h left'],
    [5400, 'about 1.5 h left'],
  ])('for %j seconds: %s', (seconds, text) => expect(timeLeft(seconds)).toBe(text));

  it('for the phase of a job nobody heard of yet', () => expect(phaseText(undefined)).toBe('Starting'));

  it.each([
    ['Reading frames, 2 of 36', { step: 2, steps: 36 }],
    ['Preparing the model', { step: 0, steps: 0 }],
  ])('for what is prepared: %s', (text, counted) => {
    const progress = { type: 'progress', job: 'job-00000001', phase: 'preparing', ...counted } as const;
    expect(phaseText({ ...progress, fraction: 0, secondsLeft: null })).toBe(text);
  });

  it.each([
    ['2026-11-20T11:59:40Z', 'just now'],
    ['2026-11-20T11:15:00Z', '45 min ago'],
    ['2026-11-20T02:00:00Z', '10 h ago'],
    ['2026-11-19T11:00:00Z', 'yesterday'],
    ['2026-11-16T11:00:00Z', '4 days ago'],
    // At noon where it is read: elsewhere it is another day.
    ['2026-10-01T12:00:00', '1 Oct 2026'],
  ])('for %s: %s', (iso, text) => expect(ago(iso, new Date('2026-11-20T12:00:00Z'))).toBe(text));

  it('for a day without a time, west of Greenwich as well: that day', () => {
    vi.stubEnv('TZ', 'America/Los_Angeles');
    expect(dateText('2026-10-01')).toBe('1 Oct 2026');
    vi.unstubAllEnvs();
  });

  it.each([
    ['2026-11-20T11:59:40Z', '30 days left'],
    ['2026-10-22T11:00:00Z', '1 day left'],
    ['2026-10-21T11:00:00Z', 'deleted when the companion starts next'],
  ])('for what was removed at %s: %s', (iso, text) =>
    expect(daysLeft(iso, new Date('2026-11-20T12:00:00Z'))).toBe(text),
  );
});

const falling = [
  [10, 3],
  [20, 2],
  [30, 1],
] as const;
it('draws a falling loss from the top left to the bottom right', () => {
  expect(curvePath(falling, 100, 24)).toBe('M0.0 2.0 L50.0 12.0 L100.0 22.0');
});

describe('a learning curve', () => {
  const curve = (...losses: readonly number[]) => losses.map((loss, step) => [step, loss] as const);

  it('falls where an eye sees it fall', () => {
    expect(isFalling(curve(1, 0.8, 0.6, 0.5, 0.45, 0.4, 0.38, 0.4))).toBe(true);
  });

  it('does not where it rises, comes back up, or stays', () => {
    expect(isFalling(curve(0.4, 0.5, 0.6, 0.7))).toBe(false);
    expect(isFalling(curve(1, 0.4, 0.2, 0.3, 0.6, 0.8, 0.9, 0.85))).toBe(false);
    expect(isFalling(curve(0.5, 0.4, 0.6, 0.5, 0.6, 0.4, 0.5, 0.5))).toBe(false);
    // A last point below the first one is not enough.
    expect(isFalling(curve(0.5, 0.9, 0.95, 1, 0.9, 0.49))).toBe(false);
  });
});
