/**
 * MattingProcess: backgrounds removed, or pictures enlarged, in a process of their own, since the network is another maker's,
 * takes a gigabyte while it works, may abort, and may never end. It starts with the first picture, and ends a while after the last.
 */

import type { ChildProcess } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { Mutex } from 'async-mutex';
import { LikenessError, recordedError } from '../../shared/errors.ts';
import type { CellMask } from '../../shared/mask.ts';
import type { UpscaleFactor } from '../../shared/protocol/requests.ts';
import type { Picture } from '../images/picture.ts';
import { forkProcess } from '../storage/forked-process.ts';
import type { FromMatting, ToMatting } from './main.ts';
import { networkFile } from './matting-folder.ts';
import { NetworkClock, type NetworkWords } from './network-clock.ts';

/** Frames of one product come one after the other; after that the memory is of more use elsewhere. */
const IDLE_MS = 60_000;

type Work = Pick<ToMatting, 'picture' | 'masks' | 'factor'>;
type Asked = Work & Pick<ToMatting, 'withoutNetwork'>;

interface Asking {
  readonly label: string;
  readonly words: NetworkWords;
  readonly clock: NetworkClock;
}

const CUTTING: NetworkWords = {
  act: 'remove the background of',
  program: 'removes backgrounds',
  otherwise: 'cut the product out in your design tool',
};

const ENLARGING: NetworkWords = {
  act: 'enlarge',
  program: 'enlarges pictures',
  otherwise: 'remove the network that enlarges: pictures are resampled without it',
};

export interface MattingOptions {
  /** Folder of the network. */
  readonly folder: string;
  readonly threads?: number | undefined;
  /** Milliseconds for the first run of a small network. Tests give less. */
  readonly firstRunMs?: number;
}

export class MattingProcess {
  readonly #options: MattingOptions;
  readonly #turn = new Mutex();
  #clock: NetworkClock | undefined;
  #child: ChildProcess | undefined;
  #idle: NodeJS.Timeout | undefined;
  #endedBy: 'cancelled' | 'time' | undefined;

  constructor(options: MattingOptions) {
    this.#options = options;
  }

  /**
   * @param label what messages call the picture
   * @param masks of a picture that was made here: they stand in for a network that is not there, or finds nothing
   * @throws LikenessError `checkpoint-*`, `input` where nothing stands out, `memory`, `engine`, `cancelled`;
   *   `checkpoint-unsupported` at once, after one picture, for a network that does not end
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

  #inTurn(work: Work, label: string): Promise<Picture> {
    return this.#turn.runExclusive(async () => {
      clearTimeout(this.#idle);
      try {
        return await this.#work(work, label);
      } finally {
        this.#idle = setTimeout(() => this.close(), IDLE_MS).unref();
      }
    });
  }

  async #work(work: Work, label: string): Promise<Picture> {
    const clock = await this.#clockOfNetwork();
    const words = work.factor === undefined ? CUTTING : ENLARGING;
    if (!clock.isStuck) {
      try {
        return await this.#ask({ ...work, withoutNetwork: false }, { label, words, clock });
      } catch (error) {
        if (this.#endedBy !== 'time' || work.masks === undefined) throw error;
      }
    } else if (work.masks === undefined) throw clock.refusal(words);
    return await this.#ask({ ...work, withoutNetwork: true }, { label, words, clock });
  }

  /** A file in the place of another is measured anew. */
  async #clockOfNetwork(): Promise<NetworkClock> {
    const { folder, firstRunMs } = this.#options;
    const file = await networkFile(folder);
    const found = file === undefined ? undefined : await stat(file).catch(() => undefined);
    const identity = `${file} ${found?.size} ${found?.mtimeMs}`;
    if (this.#clock?.identity !== identity) {
      this.#clock = new NetworkClock(identity, found?.size ?? 0, firstRunMs);
    }
    return this.#clock;
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

  #ask(work: Asked, { label, words, clock }: Asking): Promise<Picture> {
    const child = this.#child ?? this.#start();
    this.#child = child;
    this.#endedBy = undefined;
    const { folder, threads } = this.#options;
    return new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const limit = (milliseconds: number) => {
        clearTimeout(timer);
        timer = setTimeout(() => this.#end('time'), milliseconds);
      };
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        child.removeAllListeners('message').removeAllListeners('exit');
        settle();
      };
      child.on('message', (answer: FromMatting) => {
        if (answer.type === 'opened') return limit(clock.opened());
        if (answer.type === 'ran') return limit(clock.ran(answer.milliseconds));
        if (answer.type === 'made') return finish(() => resolve(answer.picture));
        finish(() => reject(recordedError(answer.failure, label)));
      });
      child.once('exit', (_status, signal) => {
        if (this.#child === child) this.#child = undefined;
        const why = this.#endedBy ?? signal;
        finish(() => reject(why === 'time' ? clock.over(words, label) : endedBy(why, label, words)));
      });
      limit(clock.start());
      // A process that is gone is noticed by its end.
      child.send({ folder, ...work, threads } satisfies ToMatting, () => {});
    });
  }

  #start(): ChildProcess {
    return forkProcess(new URL('./child.mjs', import.meta.url), {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
  }
}

function endedBy(
  reason: 'cancelled' | NodeJS.Signals | null,
  label: string,
  { act, program, otherwise }: NetworkWords,
): LikenessError {
  if (reason === 'cancelled') return new LikenessError('cancelled', 'stopped');
  // Sent by nobody here: the system was short of memory.
  if (reason === 'SIGKILL') {
    return new LikenessError('memory', `there was too little memory to ${act} ${label}`, {
      advice: `Close other programs, or ${otherwise}.`,
    });
  }
  return new LikenessError('engine', `the program that ${program} has ended, at ${label}`, {
    advice: `Try again, or ${otherwise}.`,
  });
}
