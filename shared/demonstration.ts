/**
 * demonstrationLimit: the limit of a model that only shows how Likeness works, said before a product is taught that it
 * cannot draw: afterwards it looks like a fault of the pictures.
 */

export interface DemonstrationModel {
  /** True for a model that draws nothing but its class words, at its size, as it was shown them. */
  readonly isDemonstration: boolean;
  /** Side of its pictures, in image pixels. */
  readonly resolution: number;
  readonly classWords: readonly string[];
}

export interface Product {
  readonly classWord: string;
  /** True where a reference shows a background of its own, as photographs do. */
  readonly hasBackground: boolean;
}

/** A sentence or two; undefined for other models, and for a product that this one can draw. */
export function demonstrationLimit(model: DemonstrationModel, product: Product): string | undefined {
  if (!model.isDemonstration) return undefined;
  const word = product.classWord.trim().toLowerCase();
  const isKnown = word === '' || model.classWords.includes(word);
  if (isKnown && !product.hasBackground) return undefined;
  const kinds = `This is the demonstration model: ${model.resolution} px, ${model.classWords.length} kinds of toy, no photographs.`;
  return isKnown ? kinds : `${kinds} It has never seen a ${word}.`;
}
