/**
 * textPath, wrapText: text as outlines. The font travels with the program, and outlines need no font system: a bare
 * machine may have no fonts, and libvips ignores a given font file without fontconfig and on macOS.
 */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import opentype, { type Font, type Glyph } from 'opentype.js';

export interface TextStyle {
  /** Em size in pixels. */
  readonly size: number;
  readonly weight: 400 | 600;
}

/** Inter, cut into scripts by its packagers; searched in this order for each character. */
const SCRIPTS = ['latin', 'latin-ext', 'greek', 'cyrillic'] as const;

const ELLIPSIS = '…';

const require = createRequire(import.meta.url);
const fonts = new Map<string, Font>();

/** An SVG path of one line of text whose baseline starts at (x, y). */
export function textPath(text: string, x: number, y: number, style: TextStyle): string {
  let path = '';
  walkGlyphs(text, style, (glyph, offset) => {
    path += glyph.getPath(x + offset, y, style.size).toPathData(2);
  });
  return path;
}

/**
 * Advance width in pixels.
 *
 * @internal
 */
export function textWidth(text: string, style: TextStyle): number {
  return walkGlyphs(text, style, () => {});
}

/** Words broken into at most `maxLines` lines of at most `width` pixels; what does not fit ends in an ellipsis. */
export function wrapText(text: string, width: number, maxLines: number, style: TextStyle): readonly string[] {
  const words = text.split(/\s+/).filter((word) => word !== '');
  const lines: string[] = [];
  while (words.length > 0 && lines.length < maxLines) {
    const isLast = lines.length === maxLines - 1;
    let count = 1;
    while (count < words.length && textWidth(words.slice(0, count + 1).join(' '), style) <= width) count++;
    const taken = isLast ? words.splice(0) : words.splice(0, count);
    lines.push(shortened(taken.join(' '), width, style));
  }
  return lines;
}

function shortened(text: string, width: number, style: TextStyle): string {
  if (textWidth(text, style) <= width) return text;
  const characters = Array.from(text);
  while (characters.length > 0 && textWidth(characters.join('') + ELLIPSIS, style) > width) characters.pop();
  return characters.join('').trimEnd() + ELLIPSIS;
}

/** Calls `visit` with each glyph and its offset from the start, kerned; returns the advance width. */
function walkGlyphs(text: string, style: TextStyle, visit: (glyph: Glyph, offset: number) => void): number {
  let offset = 0;
  let previous: { readonly font: Font; readonly glyph: Glyph } | undefined;
  for (const character of text) {
    const font = fontFor(character, style);
    const glyph = font.charToGlyph(character);
    const scale = style.size / font.unitsPerEm;
    // Fonts of two scripts share no kerning table.
    if (previous?.font === font) offset += font.getKerningValue(previous.glyph, glyph) * scale;
    visit(glyph, offset);
    offset += (glyph.advanceWidth ?? 0) * scale;
    previous = { font, glyph };
  }
  return offset;
}

function fontFor(character: string, { weight }: TextStyle): Font {
  const script = SCRIPTS.find((name) => loadFont(name, weight).charToGlyphIndex(character) > 0);
  return loadFont(script ?? 'latin', weight); // without a glyph anywhere: the box of the first font
}

function loadFont(script: string, weight: number): Font {
  const file = `@fontsource/inter/files/inter-${script}-${weight}-normal.woff`;
  const known = fonts.get(file);
  if (known) return known;
  const bytes = readFileSync(require.resolve(file));
  const font = opentype.parse(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  fonts.set(file, font);
  return font;
}
