import { ReceivedBytes } from './received-bytes.ts';
import type { SandboxHost } from './sandbox-host.ts';
import type { FromSandbox, Question, ToSandbox, ViewState } from './sandbox-link.ts';

interface PendingQuestion {
  readonly resolve: (value: unknown) => void;
  readonly reject: (cause: Error) => void;
}

/** SandboxHost in the studio: everything goes to the page by message. */
export class PageConnection implements SandboxHost {
  readonly #post: (message: FromSandbox, transfer?: readonly ArrayBuffer[]) => void;
  readonly #received = new ReceivedBytes();
  readonly #pending = new Map<number, PendingQuestion>();
  #asked = 0;
  #view: ViewState;

  constructor(post: (message: FromSandbox, transfer?: readonly ArrayBuffer[]) => void, view: ViewState) {
    this.#post = post;
    this.#view = view;
  }

  #question<T>(question: Question): Promise<T> {
    const id = ++this.#asked;
    return new Promise<T>((resolve, reject) => {
      this.#pending.set(id, { resolve: resolve as (value: unknown) => void, reject });
      this.#post({ type: 'question', id, ...question });
    });
  }

  receive(message: Extract<ToSandbox, { type: 'answer' | 'refused' | 'view' }>): void {
    if (message.type === 'view') {
      this.#view = message.view;
      return;
    }
    const pending = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    if (message.type === 'answer') pending?.resolve(message.value);
    else pending?.reject(new Error(message.reason));
  }

  /** Resolves when a message of the UI can be given to the plugin. */
  prepare(message: unknown): Promise<void> {
    return this.#received.learn(message);
  }

  readonly changed: SandboxHost['changed'] = (changes) => this.#post({ type: 'changes', changes });
  readonly selected: SandboxHost['selected'] = (ids) => this.#post({ type: 'selection', ids });
  readonly commitUndo: SandboxHost['commitUndo'] = () => this.#post({ type: 'commit-undo' });
  readonly triggerUndo: SandboxHost['triggerUndo'] = () => this.#post({ type: 'trigger-undo' });
  readonly pictureName: SandboxHost['pictureName'] = (bytes) => this.#received.nameOf(bytes);
  readonly addPicture: SandboxHost['addPicture'] = (hash, bytes) =>
    this.#post({ type: 'picture', hash, bytes }, [bytes.buffer]);
  readonly picture: SandboxHost['picture'] = (hash) => this.#question({ ask: 'picture', hash });
  readonly export: SandboxHost['export'] = (nodeId, request) =>
    this.#question({ ask: 'export', nodeId, request });
  readonly view: SandboxHost['view'] = () => this.#view;
  readonly lookAt: SandboxHost['lookAt'] = (bounds, zoom) =>
    this.#post({ type: 'look-at', bounds, ...(zoom !== undefined && { zoom }) });
  readonly showUi: SandboxHost['showUi'] = (options) => this.#post({ type: 'show-ui', options });
  readonly changeWindow: SandboxHost['changeWindow'] = (options) => this.#post({ type: 'window', options });
  readonly postToUi: SandboxHost['postToUi'] = (message) => this.#post({ type: 'ui-message', message });
  readonly notify: SandboxHost['notify'] = (id, notification) =>
    this.#post({ type: 'notify', id, ...notification });
  readonly cancelNotification: SandboxHost['cancelNotification'] = (id) =>
    this.#post({ type: 'notify-cancel', id });
  readonly closed: SandboxHost['closed'] = (message) =>
    this.#post({ type: 'close', ...(message !== undefined && { message }) });

  readonly storage: SandboxHost['storage'] = {
    get: (key) => this.#question({ ask: 'storage-get', key }),
    set: (key, value) => this.#question({ ask: 'storage-set', key, value }),
    delete: (key) => this.#question({ ask: 'storage-delete', key }),
    all: () => this.#question({ ask: 'storage-all' }),
  };
}
