import type { Lettering } from '../document/node-record.ts';
import type { DocumentAccess } from './document-access.ts';
import { finite, refusal } from './node-checks.ts';
import { SceneNodeHandle } from './scene-node-handle.ts';

/** Text layers, whose letters are all of one kind. */
export class TextHandle extends SceneNodeHandle {
  constructor(document: DocumentAccess, id: string) {
    super(document, id, 'TEXT');
  }

  get characters(): string {
    return this.#lettering('get_characters').characters;
  }
  set characters(value: string) {
    if (typeof value !== 'string') throw refusal('set_characters', `expected a string, got ${typeof value}`);
    this.#letter('set_characters', { characters: value });
  }

  get fontSize(): number {
    return this.#lettering('get_fontSize').fontSize;
  }
  set fontSize(value: number) {
    if (finite(value, 'set_fontSize') < 1) throw refusal('set_fontSize', `${value} is below the smallest, 1`);
    this.#letter('set_fontSize', { fontSize: value });
  }

  get fontName(): Lettering['fontName'] {
    return { ...this.#lettering('get_fontName').fontName };
  }
  set fontName({ family, style }: Lettering['fontName']) {
    this.#letter('set_fontName', { fontName: { family: String(family), style: String(style) } });
  }

  get textAutoResize(): Lettering['textAutoResize'] {
    return this.#lettering('get_textAutoResize').textAutoResize;
  }
  set textAutoResize(value: Lettering['textAutoResize']) {
    this.#letter('set_textAutoResize', { textAutoResize: value });
  }

  #lettering(call: string): Lettering {
    return this.now(call).lettering!;
  }

  #letter(call: string, after: Partial<Lettering>): void {
    this.edit(call, { lettering: { ...this.#lettering(call), ...after } });
  }
}
