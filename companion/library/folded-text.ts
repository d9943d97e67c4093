/** Text as it is searched: without case and accents, so that "cafe" finds "Café". */
export function foldedText(text: string): string {
  return text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toLowerCase();
}
