/** What a pull tells while it goes on. */

import type { DownloadEvent } from './hub/download.ts';
import type { TransferProgress } from './transfer.ts';

/** Of one file. */
export type FetchEvent =
  | DownloadEvent
  | {
      readonly type: 'fetched';
      readonly path: string;
      readonly sizeBytes: number;
      readonly sha256: string;
    };

/** Of single packets nothing is told, but progress now and then. */
export type PullEvent =
  | Exclude<FetchEvent, { readonly type: 'received' }>
  | TransferProgress
  | {
      readonly type: 'repository';
      readonly repository: string;
      readonly commit: string;
      readonly licence: string | undefined;
    }
  /** There are no weights in the precision that was wished for. */
  | { readonly type: 'precision'; readonly component: string; readonly wished: string; readonly got: string }
  /** What is to be fetched; `receivedBytes` of it earlier runs have left. */
  | {
      readonly type: 'weights';
      readonly files: number;
      readonly sizeBytes: number;
      readonly receivedBytes: number;
    }
  /** Weights that are here already, as they should be. */
  | { readonly type: 'kept'; readonly path: string }
  | PulledEvent;

export type PulledEvent = {
  readonly type: 'pulled';
  readonly name: string;
  readonly folder: string;
  readonly repository: string;
  readonly commit: string;
  readonly licence: string | undefined;
  readonly parameters: number;
  /** How many were fetched, and how many the model has. */
  readonly fetched: number;
  readonly files: number;
  /** Every host that was asked for something. */
  readonly hosts: readonly string[];
};
