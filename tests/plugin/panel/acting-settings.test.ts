/** Settings of the next pictures that do something: no others are shown, or counted as changed. */

import { describe, expect, it } from 'vitest';
import { emptyGenerate } from '../../../plugin/ui/work/drafts.ts';
import { actingSettings, changedGenerateOptions } from '../../../plugin/ui/work/generate/acting-settings.ts';

const defaults = { mask: 'adaptive', guidanceScale: 4 } as const;
const region = { concept: 'aurora', layer: 'Left', x: 0, y: 0, width: 0.5, height: 1, feather: null };

function acting(
  part: Partial<ReturnType<typeof emptyGenerate>>,
  isScene = false,
  precisions: readonly string[] = [],
) {
  return actingSettings({ ...emptyGenerate(), ...part }, { isScene, precisions, defaults });
}

describe('a setting', () => {
  it('of a product acts where the prompt mentions one, or nothing yet', () => {
    const all = { size: true, places: true, strength: true, mask: true, guidanceResidual: true };
    expect(acting({ prompt: '@aurora on a beach' })).toMatchObject(all);
    expect(acting({ prompt: '' })).toMatchObject(all);
    const none = { size: true, places: false, strength: false, mask: false, guidanceResidual: false };
    expect(acting({ prompt: 'on a beach' })).toMatchObject(none);
  });

  it('of a product does nothing with the mask off, but for the mask itself', () => {
    const off = { places: false, strength: false, guidanceResidual: false, mask: true };
    expect(acting({ prompt: '@aurora', mask: 'off' })).toMatchObject(off);
  });

  it('of a scene is none of size and places, and of a product only where one is mentioned', () => {
    const bare = { size: false, places: false, strength: false, mask: false };
    expect(acting({ prompt: '' }, true)).toMatchObject(bare);
    expect(acting({ prompt: 'with @summit' }, true)).toMatchObject({ ...bare, strength: true, mask: true });
  });

  it('of guidance does nothing at 1', () => {
    expect(acting({ prompt: '@aurora', guidanceScale: 1 })).toMatchObject({
      ...{ guidanceResidual: false, negativePrompt: false },
    });
    expect(acting({ prompt: '@aurora', guidanceScale: 1, negativePrompt: 'rain' }).negativePrompt).toBe(true);
  });

  it('of its halves, and what is left out, do nothing where the model is told the guidance', () => {
    const told = { isScene: false, precisions: [], defaults: { ...defaults, embedsGuidance: true } };
    const shown = actingSettings({ ...emptyGenerate(), prompt: '@aurora', guidanceScale: 8 }, told);
    expect(shown).toMatchObject({ guidanceResidual: false, negativePrompt: false });
  });

  it('of strength does nothing where each product has its own', () => {
    const own = { prompt: '@aurora', regions: [{ ...region, strength: 0.5 }] };
    expect(acting(own).strength).toBe(false);
    expect(acting(own, true).strength).toBe(true);
    expect(acting({ ...own, prompt: '@aurora and @summit' }).strength).toBe(true);
  });

  it('of precision acts where the device works in several, and is known', () => {
    const draft = { ...emptyGenerate(), precision: 'fp32' } as const;
    for (const precisions of [[], ['fp32']]) {
      const shown = acting(draft, false, precisions);
      expect(shown.precision).toBe(false);
      expect(changedGenerateOptions(draft, 'adaptive', shown)).toBe(0);
    }
    const shown = acting(draft, false, ['fp32', 'fp16']);
    expect(shown.precision).toBe(true);
    expect(changedGenerateOptions(draft, 'adaptive', shown)).toBe(1);
  });

  it('that does nothing is not counted as changed', () => {
    const draft = {
      ...emptyGenerate(),
      prompt: 'on a beach',
      mask: 'full',
      guidanceResidual: 'both',
    } as const;
    expect(changedGenerateOptions(draft, 'adaptive', acting(draft))).toBe(0);
    const mentioned = { ...draft, prompt: '@aurora' };
    expect(changedGenerateOptions(mentioned, 'adaptive', acting(mentioned))).toBe(2);
  });
});
