/** Messages to the main thread about a table of pictures: one frame with headings, a row a product. */

/** A column's heading, and the size of its pictures in canvas pixels. */
export interface TableColumn {
  readonly label: string;
  readonly width: number;
  readonly height: number;
}

export type TableMessage =
  /** Puts a table beside the selection, with headings and a placeholder for each picture. */
  | {
      readonly type: 'open-table';
      readonly tableId: string;
      readonly name: string;
      readonly columns: readonly TableColumn[];
      /** Headings of the rows. */
      readonly rows: readonly string[];
      /** Row and column of each picture that there may be; the rest stays empty. */
      readonly cells: readonly (readonly [row: number, column: number])[];
    }
  | {
      readonly type: 'table-picture';
      readonly tableId: string;
      readonly row: number;
      readonly column: number;
      readonly name: string;
      readonly bytes: Uint8Array<ArrayBuffer>;
    }
  /** Makes the table one step of undo, and selects it. */
  | { readonly type: 'close-table'; readonly tableId: string };
