import { renameSync, writeFileSync } from 'node:fs';

/** Figma reloads the plugin when its files change, and must never see half of one. */
export function writeAtomically(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, text);
  renameSync(temporary, file);
}
