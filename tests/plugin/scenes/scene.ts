/** A view in the state that a person knows it in: what the companion and the canvas hold, and what the person did. */

import { examplePicture } from '../example-pictures.ts';
import { FakeCompanion } from '../fake-companion.ts';
import { TOKEN } from '../fake-gate.ts';
import { concept } from '../protocol-samples.ts';
import { hello, type Stage } from '../stage.ts';

export interface Scene {
  /** Part of the name of its picture, `plugin-NAME-light.png`. */
  readonly name: string;
  readonly companion: () => FakeCompanion;
  readonly act: (stage: Stage, companion: FakeCompanion) => Promise<void>;
}

export const running = { state: 'running', resumed: false } as const;

export const outOfMemory = {
  state: 'failed',
  code: 'memory',
  message: 'not enough memory',
  advice: 'Close other programs and try again. Smaller pictures and fewer variants need less.',
} as const;

/** A preset. */
export const SPRING = {
  ...{ name: 'Spring light', scenes: ['on a quay', 'on a picnic blanket'], palette: 'teal and sand' },
  light: 'soft morning light',
};

/** A companion that has taught two products, and holds one that this model cannot use. */
export function withLibrary(): FakeCompanion {
  const companion = new FakeCompanion();
  companion.concepts = [
    concept({
      name: 'aurora',
      version: 2,
      hasSample: true,
      rights: { owner: 'Northlight', note: 'Campaigns of spring 2027' },
    }),
    concept({ name: 'summit', classWord: 'backpack', rights: { owner: 'Summit Co', expires: '2026-10-01' } }),
    concept({
      name: 'aurelia-vase',
      classWord: 'vase',
      model: 'Another model',
      usable: false,
      hasThumbnail: false,
    }),
  ];
  companion.pictures = (path) => {
    if (path.includes('summit')) return examplePicture('summit/cutout-01.png');
    if (path.includes('sample')) return examplePicture('aurora/scene-02.png');
    if (path.includes('thumbnail')) return examplePicture('aurora/cutout-01.png');
    const number = /pictures\/(\d)/.exec(path);
    return number === null ? undefined : examplePicture(`aurora/scene-0${Number(number[1]) + 1}.png`);
  };
  return companion;
}

export const open = (stage: Stage, pairing: string | null = TOKEN, draft: string | null = null) =>
  stage.say(hello({ pairing, draft }));

export const openTab = (stage: Stage, name: string) => stage.ui.getByRole('tab', { name }).click();

/** Size and type of a square picture, as headers of frames name them. @param side pixels */
export const png = (side: number) => ({ mediaType: 'image/png', width: side, height: side }) as const;
