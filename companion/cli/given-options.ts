/** Options that were left out are absent from a request, not undefined in it. */

type Optional<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

export function givenOptions<T extends object>(options: Optional<T>): Partial<T> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as Partial<T>;
}
