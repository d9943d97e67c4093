/** Where the bytes of one weight lie on disk: dense row-major float32, little-endian, any alignment. */
export interface WeightLocation {
  /** Absolute path. */
  readonly file: string;
  /** Bytes from the start of the file. */
  readonly offset: number;
  /** Bytes: four times the number of elements. */
  readonly length: number;
}
