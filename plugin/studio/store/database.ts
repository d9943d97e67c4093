/** The studio's own storage in the browser: documents, the pictures in them, and the plugin's client storage. */

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
