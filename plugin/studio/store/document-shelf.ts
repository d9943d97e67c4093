import { emptyDocument, type NodeRecord } from '../document/node-record.ts';
import type { Database } from './database.ts';

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
export class DocumentShelf {
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
