/**
 * MattingProcess: backgrounds removed, or pictures enlarged, in a process of their own, since the network is another maker's,
 * takes a gigabyte while it works, and may abort. It starts with the first picture, and ends a while after the last.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { Mutex } from 'async-mutex';
import { LikenessError, recordedError } from '../../shared/errors.ts';
import type { CellMask } from '../../shared/mask.ts';
import type { UpscaleFactor } from '../../shared/protocol/requests.ts';
import type { Picture } from '../images/picture.ts';
import type { FromMatting, ToMatting } from './main.ts';

/** Frames of one product come one after the other; after that the memory is of more use elsewhere. */
const IDLE_MS = 60_000;

/** The largest of such networks takes half a minute a picture on two slow cores; ten times that is a fault. */
const WORK_MS = 300_000;

type Wish = Pick<ToMatting, 'picture' | 'masks' | 'factor'>;

interface Words {
  /** "to remove the background of the picture" */
  readonly act: string;
  readonly program: string;
  readonly otherwise: string;
}

const CUTTING: Words = {
  act: 'remove the background of',
  program: 'removes backgrounds',
  otherwise: 'cut the product out in your design tool',
};

const ENLARGING: Words = {
  act: 'enlarge',
  program: 'enlarges pictures',
  otherwise: 'remove the network that enlarges: pictures are resampled without it',
};

export interface MattingOptions {
  /** Folder of the network. */
  readonly folder: string;
  readonly threads?: number | undefined;
}

export class MattingProcess {
  readonly #options: MattingOptions;
  readonly #turn = new Mutex();
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #endedBy: 'cancelled' | 'time' | undefined;

  constructor(options: MattingOptions) {
    this.#options = options;
  }

  /**
   * @param label what messages call the picture
   * @param masks of a picture that was made here: they stand in for a network that is not there, or finds nothing
   * @throws LikenessError `checkpoint-*`, `input` where nothing stands out, `memory`, `engine`, `cancelled`
   */
  cutOut(picture: Picture, label: string, masks?: readonly CellMask[]): Promise<Picture> {
    return this.#inTurn({ picture, masks, factor: undefined }, label);
  }

  /**
   * By a network for that.
   * @throws LikenessError `checkpoint-*`, `memory`, `engine`, `cancelled`
   */
  enlarge(picture: Picture, label: string, factor: UpscaleFactor): Promise<Picture> {
    return this.#inTurn({ picture, masks: undefined, factor }, label);
  }

  #inTurn(wish: Wish, label: string): Promise<Picture> {
    return this.#turn.runExclusive(async () => {
      clearTimeout(this.#idle);
      try {
        return await this.#ask(wish, label);
      } finally {
        this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
      }
    });
  }

  /** Ends the process, and what it works on as `cancelled`. */
  close(): void {
    this.#end('cancelled');
  }

  #end(reason: 'cancelled' | 'time'): void {
    clearTimeout(this.#idle);
    this.#endedBy = reason;
    this.#child?.kill('SIGKILL');
    this.#child = undefined;
  }

  #ask(wish: Wish, label: string): Promise<Picture> {
    const child = this.#child ?? this.#start();
    this.#child = child;
    this.#endedBy = undefined;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#end('time'), WORK_MS);
      const words = wish.factor === undefined ? CUTTING : ENLARGING;
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        child.removeAllListeners('message').removeAllListeners('exit');
        settle();
      };
      child.on('message', (answer: FromMatting) => {
        if (answer.type === 'going') return void timer.refresh();
        if (answer.type === 'made') return finish(() => resolve(answer.picture));
        finish(() => reject(recordedError(answer.failure, label)));
      });
      child.once('exit', (_status, signal) => {
        if (this.#child === child) this.#child = undefined;
        finish(() => reject(endedBy(this.#endedBy ?? signal, label, words)));
      });
      const { folder, threads } = this.#options;
      // A process that is gone is noticed by its end.
      child.send({ folder, ...wish, threads } satisfies ToMatting, () => {});
    });
  }

  #start(): ChildProcess {
    const child = fork(new URL('./child.mjs', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.once('error', () => {});
    return child;
  }
}

function endedBy(
  reason: 'cancelled' | 'time' | NodeJS.Signals | null,
  label: string,
  { act, program, otherwise }: Words,
): LikenessError {
  if (reason === 'cancelled') return new LikenessError('cancelled', 'stopped');
  // Sent by nobody here: the system was short of memory.
  if (reason === 'SIGKILL') {
    return new LikenessError('memory', `there was too little memory to ${act} ${label}`, {
      advice: `Close other programs, or ${otherwise}.`,
    });
  }
  const fault = reason === 'time' ? `took longer than ${WORK_MS / 60_000} minutes` : 'has ended';
  return new LikenessError('engine', `the program that ${program} ${fault}, at ${label}`, {
    advice: `Try again, or ${otherwise}.`,
  });
}
