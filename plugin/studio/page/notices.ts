import { signal } from '@preact/signals';

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly error: boolean;
  readonly button?: string;
  /** Called once, when the notice goes. */
  readonly ended: (reason: 'timeout' | 'dismiss' | 'action_button_click') => void;
}

interface NoticeOptions {
  readonly error?: boolean;
  readonly timeoutMs?: number;
  readonly button?: string;
  readonly ended?: Notice['ended'];
}

const TIMEOUT_MS = 4_000;

/** Short messages at the foot of the canvas: the studio's own, and the plugin's `figma.notify`. */
export class Notices {
  readonly shown = signal<readonly Notice[]>([]);
  #count = 0;

  show(text: string, options: NoticeOptions = {}): number {
    const { error = false, timeoutMs = TIMEOUT_MS, button, ended = () => {} } = options;
    const id = ++this.#count;
    this.shown.value = [...this.shown.value, { id, text, error, ended, ...(button && { button }) }];
    if (Number.isFinite(timeoutMs)) setTimeout(() => this.end(id, 'timeout'), timeoutMs);
    return id;
  }

  end(id: number, reason: Parameters<Notice['ended']>[0]): void {
    const notice = this.shown.value.find((one) => one.id === id);
    if (!notice) return;
    this.shown.value = this.shown.value.filter((one) => one.id !== id);
    notice.ended(reason);
  }
}
