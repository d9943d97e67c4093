/**
 * The studio's own storage in the browser: documents, the pictures in them, and the plugin's client storage.
 */

import { emptyDocument, type NodeRecord } from '../document/node-record.ts';

const NAME = 'likeness-studio';
const VERSION = 1;

export type StoreName = 'documents' | 'pictures' | 'client-storage';
const STORES: readonly StoreName[] = ['documents', 'pictures', 'client-storage'];

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

export class Database {
  readonly #opened: IDBDatabase;

  private constructor(opened: IDBDatabase) {
    this.#opened = opened;
  }

  static async open(): Promise<Database> {
    const request = indexedDB.open(NAME, VERSION);
    request.onupgradeneeded = () => {
      for (const store of STORES) request.result.createObjectStore(store);
    };
    return new Database(await settled(request));
  }

  #store(name: StoreName, mode: IDBTransactionMode): IDBObjectStore {
    return this.#opened.transaction(name, mode).objectStore(name);
  }

  /** Values are what was put under the key; only this file's callers write them. */
  get<T>(store: StoreName, key: string): Promise<T | undefined> {
    return settled(this.#store(store, 'readonly').get(key) as IDBRequest<T | undefined>);
  }

  all<T>(store: StoreName): Promise<T[]> {
    return settled(this.#store(store, 'readonly').getAll() as IDBRequest<T[]>);
  }

  async keys(store: StoreName): Promise<string[]> {
    return (await settled(this.#store(store, 'readonly').getAllKeys())).map(String);
  }

  async put(store: StoreName, key: string, value: unknown): Promise<void> {
    const transaction = this.#opened.transaction(store, 'readwrite');
    const written = transaction.objectStore(store).put(value, key);
    // Without it a transaction waits for one more turn of the page, and is lost when the page is left before.
    transaction.commit();
    await settled(written);
  }

  async delete(store: StoreName, key: string): Promise<void> {
    await settled(this.#store(store, 'readwrite').delete(key));
  }
}

export interface StoredDocument {
  readonly id: string;
  readonly name: string;
  /** Place among the tabs: when it was made. */
  readonly createdAtMs: number;
  readonly nodes: readonly NodeRecord[];
}

const OPEN_KEY = 'likeness-studio-open';
const SESSION_KEY = 'likeness-studio-session';

/** The documents, and which of them is open. */
export class DocumentStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async all(): Promise<readonly StoredDocument[]> {
    const documents = await this.#database.all<StoredDocument>('documents');
    return documents.sort((a, b) => a.createdAtMs - b.createdAtMs);
  }

  async create(name: string): Promise<StoredDocument> {
    const document = { id: crypto.randomUUID(), name, createdAtMs: Date.now(), nodes: emptyDocument(name) };
    await this.save(document);
    return document;
  }

  save(document: StoredDocument): Promise<void> {
    return this.#database.put('documents', document.id, document);
  }

  delete(id: string): Promise<void> {
    return this.#database.delete('documents', id);
  }

  get openId(): string | null {
    return localStorage.getItem(OPEN_KEY);
  }
  set openId(id: string) {
    localStorage.setItem(OPEN_KEY, id);
  }

  /** A number no earlier run of page or plugin had: ids of new nodes begin with it, as in Figma. */
  nextSession(): number {
    const session = Number(localStorage.getItem(SESSION_KEY) ?? '0') + 1;
    localStorage.setItem(SESSION_KEY, String(session));
    return session;
  }
}
