/** downloadFile: hands a file to the browser's downloads. */

/** Milliseconds in which a browser has surely begun to read a download. */
const RELEASE_MS = 60_000;

export function downloadFile(file: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  // The browser reads it after this turn.
  setTimeout(() => URL.revokeObjectURL(link.href), RELEASE_MS);
}
