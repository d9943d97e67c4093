import { effect, type Signal, signal } from '@preact/signals';
import { Camera } from '../canvas/camera.ts';
import { importPictures } from '../canvas/picture-import.ts';
import { Pointer } from '../canvas/pointer.ts';
import { PAGE_ID } from '../document/node-record.ts';
import { isWithin, unionOf } from '../document/scene.ts';
import { Workspace } from '../document/workspace.ts';
import { Database, DocumentStore, type StoredDocument } from '../store/database.ts';
import { PictureStore } from '../store/picture-store.ts';
import { Notices } from './notices.ts';
import { type PluginIdentity, PluginRun } from './plugin-run.ts';

/** Long enough to read the name of what was deleted and to think again. */
const UNDO_DELETION_MS = 10_000;
/** Written this long after the last change: a drag is one write. */
const SAVE_DELAY_MS = 250;

interface RelaunchButton {
  readonly command: string;
  readonly name: string;
}

/** Facts that the build passes to the page (settings.json). */
export interface StudioSettings {
  readonly plugin: PluginIdentity;
  readonly relaunchButtons: readonly RelaunchButton[];
  /** Sample products and their frames. */
  readonly samples: readonly {
    readonly name: string;
    readonly title: string;
    readonly files: readonly string[];
  }[];
}

/** An open document and everything that lives only as long as it is open. */
export interface CanvasSession {
  readonly id: string;
  readonly workspace: Workspace;
  readonly camera: Camera;
  readonly pointer: Pointer;
  readonly run: Signal<PluginRun>;
  readonly close: () => Promise<void>;
}

export class Studio {
  readonly notices = new Notices();
  readonly documents = signal<readonly StoredDocument[]>([]);
  readonly session: Signal<CanvasSession>;
  readonly settings: StudioSettings;
  readonly pictures: PictureStore;
  readonly #database: Database;
  readonly #documentStore: DocumentStore;
  readonly #panelHtml: string;

  private constructor(
    settings: StudioSettings,
    panelHtml: string,
    stores: {
      database: Database;
      documentStore: DocumentStore;
      pictures: PictureStore;
      documents: readonly StoredDocument[];
    },
  ) {
    this.settings = settings;
    this.#panelHtml = panelHtml;
    this.#database = stores.database;
    this.#documentStore = stores.documentStore;
    this.pictures = stores.pictures;
    this.documents.value = stores.documents;
    const open =
      stores.documents.find(({ id }) => id === stores.documentStore.openId) ?? stores.documents[0]!;
    this.session = signal(this.#openSession(open));
  }

  static async open(): Promise<Studio> {
    const [settings, panelHtml, database] = await Promise.all([
      fetch('/studio/settings.json').then((answer) => answer.json() as Promise<StudioSettings>),
      fetch('/plugin-ui.html').then((answer) => answer.text()),
      Database.open(),
    ]);
    const documentStore = new DocumentStore(database);
    const pictures = new PictureStore(database);
    const stored = await documentStore.all();
    await pictures.sweep(stored);
    const documents = stored.length > 0 ? stored : [await documentStore.create('Untitled')];
    return new Studio(settings, panelHtml, { database, documentStore, pictures, documents });
  }

  #openSession(document: StoredDocument): CanvasSession {
    this.#documentStore.openId = document.id;
    const workspace = new Workspace(document.nodes, this.#documentStore.nextSession());
    const camera = new Camera();
    const around = { workspace, camera, pictures: this.pictures, database: this.#database };
    const run = signal(this.#startPlugin(around, ''));
    const stops = [
      effect(() => run.peek().update({ type: 'selection', ids: workspace.selection.value })),
      effect(() => {
        const { zoom } = camera.state.value;
        run.peek().update({ type: 'view', view: { bounds: camera.bounds, zoom } });
      }),
    ];
    workspace.onChange((changes, author) => {
      if (author !== 'plugin') run.peek().update({ type: 'changes', changes });
    });
    const saving = this.#saving(document.id, workspace);
    const close = async () => {
      for (const stop of stops) stop();
      run.peek().stop();
      await saving();
    };
    return { id: document.id, workspace, camera, pointer: new Pointer(workspace, camera), run, close };
  }

  #startPlugin(around: Pick<CanvasSession, 'workspace' | 'camera'>, command: string): PluginRun {
    const { plugin } = this.settings;
    const stores = { pictures: this.pictures, database: this.#database, notices: this.notices };
    const html = this.#panelHtml;
    return new PluginRun(
      { ...around, ...stores, plugin, session: this.#documentStore.nextSession(), html },
      command,
    );
  }

  /** Saves a little after each change; the result saves what is left at once. */
  #saving(id: string, workspace: Workspace): () => Promise<void> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const save = async () => {
      timer = undefined;
      const before = this.documents.value.find((document) => document.id === id);
      if (!before) return;
      const after = { ...before, nodes: workspace.scene.all() };
      this.documents.value = this.documents.value.map((document) => (document.id === id ? after : document));
      // Both begin at once: a page that is being left gets no second turn.
      await Promise.all([this.#documentStore.save(after), this.pictures.keep(after.nodes)]);
    };
    workspace.onChange(() => {
      timer ??= setTimeout(() => this.#quietly(save()), SAVE_DELAY_MS);
    });
    const saveNow = async () => {
      if (timer === undefined) return;
      clearTimeout(timer);
      await save();
    };
    const leaving = () => this.#quietly(saveNow());
    addEventListener('pagehide', leaving);
    return async () => {
      removeEventListener('pagehide', leaving);
      await saveNow();
    };
  }

  #quietly(work: Promise<void>): void {
    work.catch(() =>
      this.notices.show(
        'The browser could not store this document. Free some space, or download your pictures.',
        {
          error: true,
        },
      ),
    );
  }

  /** Starts the plugin again, as Figma does for a relaunch button. */
  relaunch(command: string): void {
    const session = this.session.value;
    session.run.value.stop();
    session.run.value = this.#startPlugin(session, command);
  }

  async switchTo(id: string): Promise<void> {
    if (id === this.session.value.id) return;
    await this.session.value.close();
    const document = this.documents.value.find((one) => one.id === id);
    if (document) this.session.value = this.#openSession(document);
  }

  async createDocument(): Promise<void> {
    const names = this.documents.value.map(({ name }) => name);
    let name = 'Untitled';
    for (let count = 2; names.includes(name); count++) name = `Untitled ${count}`;
    const document = await this.#documentStore.create(name);
    this.documents.value = [...this.documents.value, document];
    await this.switchTo(document.id);
  }

  async renameDocument(id: string, name: string): Promise<void> {
    const before = this.documents.value.find((document) => document.id === id);
    if (!before || name.trim() === '') return;
    const after = { ...before, name: name.trim() };
    this.documents.value = this.documents.value.map((document) => (document.id === id ? after : document));
    await this.#documentStore.save(after);
  }

  /**
   * Closes a document and offers to bring it back. It is deleted when the offer ends; where the page is left before,
   * it is still there.
   */
  async deleteDocument(id: string): Promise<void> {
    const document = this.documents.value.find((one) => one.id === id);
    if (!document) return;
    const left = this.documents.value.filter((one) => one.id !== id);
    if (left.length === 0) await this.createDocument();
    else if (id === this.session.value.id) await this.switchTo(left.at(-1)!.id);
    // As it was saved when it was closed.
    const closed = this.documents.value.find((one) => one.id === id) ?? document;
    this.documents.value = this.documents.value.filter((one) => one.id !== id);
    this.notices.show(`Deleted “${closed.name}”.`, {
      button: 'Undo',
      timeoutMs: UNDO_DELETION_MS,
      ended: (reason) => {
        if (reason !== 'action_button_click') return this.#quietly(this.#documentStore.delete(id));
        this.documents.value = [...this.documents.value, closed];
        this.#quietly(this.switchTo(id));
      },
    });
  }

  /** Puts files on the canvas, at a canvas point or beside what is there. */
  async addPictures(files: readonly File[], at?: { x: number; y: number }): Promise<void> {
    const { workspace, camera } = this.session.value;
    const { ids, refused } = await importPictures(files, at, workspace, this.pictures);
    if (refused.length > 0) {
      const which = refused.length === 1 ? `“${refused[0]}” is` : `${refused.length} files are`;
      this.notices.show(`${which} no picture that can be read here. PNG and JPEG always work.`, {
        error: true,
      });
    }
    const box = unionOf(ids.flatMap((id) => workspace.scene.get(id) ?? []));
    // Photos are larger than most windows: nobody shall have to look for what was dropped.
    if (box && !isWithin(box, camera.bounds)) camera.lookAt(box);
  }

  async addSamples(name: string): Promise<void> {
    const sample = this.settings.samples.find((one) => one.name === name);
    if (!sample) return;
    const files = sample.files.map(async (file, index) => {
      const blob = await (await fetch(`/studio/${file}`)).blob();
      return new File([blob], `${sample.name} ${index + 1}.png`, { type: blob.type });
    });
    await this.addPictures(await Promise.all(files));
  }

  zoomToFit(): void {
    const { workspace, camera } = this.session.value;
    const box = unionOf(workspace.scene.children(PAGE_ID).map((node) => workspace.scene.bounds(node)));
    if (box) camera.lookAt(box);
  }
}
