/** Pictures of docs/images that a document shows: what is drawn anew, and what may lie there. */

import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export const PICTURES = join(root, 'docs', 'images');

/** Folders whose documents a reader of the project comes to. */
const DOCUMENT_FOLDERS = ['', 'docs', 'docs/decisions'];

/** As `![...](path)`, and as `<img src="path">` where it has a width. */
const LINK = /!\[[^\]]*\]\(([^)\s]+)\)|<img[^>]*\ssrc="([^"]+)"/g;

/** Names in docs/images. */
export function linkedPictures(): ReadonlySet<string> {
  const paths = DOCUMENT_FOLDERS.flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .flatMap((name) => picturesOf(join(root, folder, name))),
  );
  return new Set(paths.filter((path) => dirname(path) === PICTURES).map((path) => basename(path)));
}

/**
 * Path of a picture in docs/images that is to be drawn anew: a document shows it, and LIKENESS_SCREENSHOTS=1 asks for it.
 * Such pictures are looked at by people, not compared. @param name as `studio-fill-light.png`
 */
export function pictureToRenew(name: string): string | undefined {
  const isWanted = Boolean(process.env.LIKENESS_SCREENSHOTS) && linkedPictures().has(name);
  return isWanted ? join(PICTURES, name) : undefined;
}

function picturesOf(document: string): readonly string[] {
  const links = readFileSync(document, 'utf8').matchAll(LINK);
  return [...links].map(([, markdown, html]) => resolve(dirname(document), markdown ?? html!));
}
