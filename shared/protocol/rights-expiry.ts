/** Whether a concept may still be used, told alike by the library, which refuses it, and the panel, which says why. */

/** @param expires YYYY-MM-DD: the last day of use, where the designer is */
export function isExpired({ expires }: { readonly expires?: string | undefined }, now: Date): boolean {
  return expires !== undefined && expires < localDay(now);
}

/** YYYY-MM-DD, which sorts as it reads. */
function localDay(date: Date): string {
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${twoDigits(date.getMonth() + 1)}-${twoDigits(date.getDate())}`;
}
