/** Film: pictures of a page, one after the other, where LIKENESS_FILM asks for them; docs/first-hour.md shows them. */

import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { Page } from 'playwright-core';
import { PICTURES } from '../documents/linked-pictures.ts';

export const isFilmed = process.env.LIKENESS_FILM !== undefined;

/** In quality of JPEG: small files in which text is still clear. */
const QUALITY = 70;

export class Film {
  #shots = 0;

  async shot(page: Page): Promise<void> {
    this.#shots++;
    if (!isFilmed) return;
    // Thumbnails and pictures are drawn a moment after they have come.
    await page.waitForTimeout(800);
    const path = join(PICTURES, `first-hour-${String(this.#shots).padStart(2, '0')}.jpg`);
    await page.screenshot({ path, type: 'jpeg', quality: QUALITY });
  }
}

/** A terminal's window as a page, by its text, without its colours. */
export function windowPage(text: string): string {
  const plain = stripVTControlCharacters(text).replace(/[<&]/g, (letter) => `&#${letter.charCodeAt(0)};`);
  return `<!doctype html><title>Likeness</title><body style="margin:0;background:#d9dade;display:grid;place-items:center;height:100vh">
<div style="border-radius:10px;overflow:hidden;box-shadow:0 18px 50px #0004">
<div style="background:#3a3a3c;color:#ddd;font:13px sans-serif;padding:9px 14px">Likeness</div>
<pre style="margin:0;background:#1e1e20;color:#e8e8ea;font:14px/1.5 monospace;padding:8px 26px 18px;min-width:820px">${plain}</pre>
</div>`;
}
