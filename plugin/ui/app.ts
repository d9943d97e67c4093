/** App: everything the UI works with, joined: canvas, companion, work in progress, and the state of the screen. */

import { batch, computed, effect, type Signal, signal, untracked } from '@preact/signals';
import type { ConceptId } from '../../shared/protocol/ids.ts';
import type { AnyJobState, JobOf, JobState } from '../../shared/protocol/job.ts';
import type {
  Limits,
  ModelSummary,
  ServerMessage,
  ServerMessageOf,
} from '../../shared/protocol/server-messages.ts';
import type { ErrorReport } from '../../shared/protocol/zod.ts';
import type { LaunchCommand, MainToUi } from '../messages.ts';
import { CanvasBridge } from './canvas/bridge.ts';
import { CanvasSelection, onHandReturning } from './canvas/selection.ts';
import type { VariantRecord } from './canvas/variant-record.ts';
import { ConceptList } from './concepts/library.ts';
import { CompanionConnection } from './connection/companion.ts';
import type { ReceivedFrame } from './connection/companion-socket.ts';
import type { PanelView } from './panel-views.ts';
import { draftOf, type GenerateDraft, newSeed } from './work/drafts.ts';
import { Filling } from './work/generate/filling.ts';
import { GenerateFormState } from './work/generate/generate-form-state.ts';
import { Generating } from './work/generate/generating.ts';
import { HistoryView } from './work/history.ts';
import { JobBoard, workToShow } from './work/job-board.ts';
import { endWords } from './work/labels.ts';
import { ModelCollection } from './work/models/model-collection.ts';
import { Pictures } from './work/pictures.ts';
import { TeachFormState } from './work/teach/teach-form-state.ts';
import { Teaching } from './work/teach/teaching.ts';
import { ThisComputer } from './work/this-computer.ts';

/** The field that takes the focus once its view is there. */
export type FocusRequest = 'prompt' | 'start' | null;

export class App {
  readonly bridge = new CanvasBridge();
  readonly selection = new CanvasSelection();
  readonly board = new JobBoard();
  readonly pictures = new Pictures();
  readonly companion = new CompanionConnection({
    message: (message) => this.#receiveFromCompanion(message),
    frame: (frame) => this.#receiveFrame(frame),
    keepPairings: (pairing) => this.bridge.send({ type: 'store-pairing', pairing }),
  });
  readonly library = new ConceptList(this.companion);
  readonly history = new HistoryView(this.companion, this.board, this.pictures);
  readonly computer = new ThisComputer(this.companion);
  readonly models = new ModelCollection(this.companion);
  readonly teaching = new Teaching(this.bridge, this.companion);
  readonly generating = new Generating(this.bridge, this.companion, this);
  readonly teachForm = new TeachFormState();
  readonly teachDraft = this.teachForm.draft;
  readonly generateForm = new GenerateFormState();
  readonly generateDraft = this.generateForm.draft;
  readonly filling = new Filling(this.bridge, this.companion, this.selection, this.generateForm);

  readonly view: Signal<PanelView> = signal('generate');
  readonly model: Signal<ModelSummary | undefined> = signal(undefined);
  readonly limits: Signal<Limits | undefined> = signal(undefined);
  readonly device = signal('');
  /** The job that each view shows. */
  readonly shownTeach = this.teachForm.shown;
  readonly shownGenerate: Signal<string | undefined> = signal(undefined);
  readonly focus: Signal<FocusRequest> = signal(null);
  /** The text that screen readers announce. */
  readonly announcement = signal('');
  readonly failure: Signal<ErrorReport | undefined> = signal(undefined);

  /** True while the companion answers. Controls that need it are disabled while it does not. */
  readonly connected = computed(() => this.companion.state.value.phase === 'ready');
  readonly canGenerate = computed(
    () => this.connected.value && this.generateForm.isComplete(this.library.concepts.value),
  );

  /** Set where the next pictures are to be made as soon as it is known that they can be. */
  readonly #startWanted = signal(false);
  #launch: LaunchCommand = 'open';
  #wasWelcomed = false;

  start(): void {
    this.bridge.listen((message) => this.#receiveFromCanvas(message));
    effect(() => {
      if (!this.connected.value) this.teaching.interrupt();
    });
    effect(() => this.generateForm.follow(this.library.concepts.value, this.model.value?.placements ?? []));
    effect(() => {
      if (!this.#startWanted.value || !this.connected.value || !this.library.isKnown.value) return;
      this.#startWanted.value = false;
      untracked(() => this.canGenerate.value && this.generate(true));
    });
    onHandReturning(() => this.bridge.send({ type: 'read-layout' }));
    this.bridge.send({ type: 'ready' });
  }

  async teach(nodeIds: readonly string[]): Promise<void> {
    const model = this.model.value;
    if (model === undefined) return;
    const draft = this.teachDraft.value;
    const job = await this.teaching.teach(draft, nodeIds, model);
    if (job === undefined) return;
    this.teachForm.started(job, draft.name);
  }

  /** From where it was saved. */
  continueTeaching(job: string): void {
    this.companion.send({ type: 'resume', job });
    this.shownTeach.value = job;
  }

  /** @param keepsWayBack nobody has looked at what took the prompt's place yet */
  async generate(keepsWayBack = false): Promise<void> {
    const model = this.model.value;
    if (model === undefined) return;
    const surroundings = { frame: this.selection.only.value, beside: this.selection.frames.value };
    const scene = await this.generating.scenes.prepare();
    const fill = scene === undefined ? await this.filling.prepare(model) : undefined;
    if (scene === 'failed' || fill === 'failed') return;
    const draft = this.generateDraft.value;
    const used = draft.seedLocked ? draft : { ...draft, seed: newSeed() };
    const { job, said } = this.generating.start(used, model, { ...surroundings, fill, scene });
    this.generateDraft.value = used;
    if (!keepsWayBack) this.generateForm.replaced.value = undefined;
    this.shownGenerate.value = job;
    this.say(said);
  }

  /** Settings of a job or a variant, into the form. */
  reuse(draft: GenerateDraft, focus: FocusRequest): void {
    batch(() => {
      this.generateForm.replace(draft);
      this.show('generate');
      this.focus.value = focus;
    });
  }

  /** `more`: others of its kind, at once. `reprompt`: its seed, for another prompt. */
  reuseVariant(record: VariantRecord, command: LaunchCommand): void {
    const draft = draftOf(record.request, record.concepts);
    const isMore = command === 'more';
    const next = isMore ? { seed: newSeed(), seedLocked: false } : { seed: record.seed, count: 1 };
    this.reuse({ ...draft, ...next }, isMore ? 'start' : 'prompt');
    this.#startWanted.value = isMore;
  }

  reuseJob(job: JobOf<'generate'>): void {
    this.reuse(draftOf(job.request, job.concepts), 'prompt');
  }

  /** An ended job in full, masks and all. */
  showJob({ job }: JobOf<'generate'>): void {
    this.shownGenerate.value = job;
    this.show('generate');
    this.companion.send({ type: 'resend', job });
  }

  /** Puts a concept of the library into the prompt. */
  use(name: string): void {
    batch(() => {
      this.generateForm.use(name);
      this.show('generate');
      this.focus.value = 'prompt';
    });
  }

  /** A concept that a picture was made with and that was removed since. */
  async restoreConcept(id: ConceptId): Promise<void> {
    if (!(await this.library.restore(id))) this.failure.value = this.library.failure.value;
  }

  show(view: PanelView): void {
    this.view.value = view;
    this.failure.value = undefined;
  }

  say(text: string): void {
    this.announcement.value = text;
  }

  #receiveFromCanvas(message: MainToUi): void {
    if (message.type === 'selection') {
      this.teachForm.leaveTaught(this.selection.frames.value, message.frames, this.board.jobs.value);
    }
    this.selection.receive(message);
    if (message.type === 'hello') {
      this.#launch = message.command;
      this.generateForm.keep(message.draft, (draft) => this.bridge.send({ type: 'store-draft', draft }));
      this.companion.start(message.pairing);
    }
    // The selection follows the hello, and with it the variant whose button was pressed.
    if (message.type === 'selection' && this.#launch !== 'open') {
      const variant = this.selection.variant.value;
      if (variant !== undefined) this.reuseVariant(variant, this.#launch);
      this.#launch = 'open';
    }
  }

  #receiveFromCompanion(message: ServerMessage): void {
    if (message.type === 'job' || message.type === 'catalogue') this.#announceEnd(message.job);
    this.board.receive(message);
    this.teaching.receive(message);
    this.generating.receive(message);
    if (message.type === 'welcome') this.#receiveWelcome(message);
    this.models.receive(message);
    if (message.type === 'model-in-use') this.model.value = message.model;
    if (message.type === 'concepts-changed') this.library.refresh();
    if (message.type === 'error' && message.image === undefined) {
      const { code, message: text, advice } = message;
      this.failure.value = { code, message: text, advice };
    }
  }

  async #receiveFrame(frame: ReceivedFrame): Promise<void> {
    await this.pictures.receive(frame);
    await this.generating.receiveFrame(frame);
  }

  #receiveWelcome({ model, device, limits, jobs }: ServerMessageOf<'welcome'>): void {
    batch(() => {
      this.model.value = model;
      this.limits.value = limits;
      this.device.value = device;
      this.failure.value = undefined;
      if (!this.#wasWelcomed) this.#showWork(jobs);
      this.#wasWelcomed = true;
    });
    this.say('Connected to the companion.');
    this.library.refresh();
  }

  /** Whoever is at work is left there. */
  #showWork(jobs: readonly JobState[]): void {
    const { active, shown } = workToShow(jobs);
    if (active?.kind === 'teach') this.shownTeach.value ??= active.job;
    if (shown !== undefined && this.shownGenerate.value === undefined) {
      this.shownGenerate.value = shown.job;
      // Of one under way those that are made already were sent to nobody.
      if (shown.pictures.length > 0) this.companion.send({ type: 'resend', job: shown.job });
    }
    if (active !== undefined && this.focus.value === null) this.view.value = active.kind;
  }

  #announceEnd(job: AnyJobState): void {
    const end = endWords(this.board.jobs.value.get(job.job), job);
    if (end === undefined) return;
    this.say(end.said);
    if (end.notice) this.bridge.send({ type: 'notify', text: end.notice, error: false });
  }
}
