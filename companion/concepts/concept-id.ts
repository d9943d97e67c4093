/** conceptIdOf: a concept's id, the same through new versions, and on every computer that has the file. */

/** Length of an id, from a weight hash: 64 bits tell apart more concepts than anyone will teach. */
const ID_LENGTH = 16;

/**
 * From the weight hash of the first version, as far back as it is known: a file by itself knows the one before it.
 * @returns 16 hex digits
 */
export function conceptIdOf({
  weightHash,
  parent,
}: {
  readonly weightHash: string;
  readonly parent?: string | undefined;
}): string {
  return (parent ?? weightHash).slice(0, ID_LENGTH);
}
