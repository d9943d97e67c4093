import { describe, expect, it } from 'vitest';
import {
  fitLatentColours,
  type LatentColours,
  latentPreview,
} from '../../companion/images/latent-preview.ts';
import { seeded } from './pictures.ts';

describe('latentPreview', () => {
  it('finds the linear map between latents and colours again', () => {
    const random = seeded(4);
    const truth: LatentColours = {
      factors: [
        [0.2, 0.1, 0],
        [0, 0.1, -0.2],
        [0.05, 0, 0.1],
        [-0.1, 0.1, 0.1],
      ],
      bias: [0.1, 0, -0.1],
    };
    const plane = 64;
    const latents = Float32Array.from({ length: 4 * plane }, () => 4 * random() - 2);
    const colours = new Float32Array(3 * plane);
    for (let colour = 0; colour < 3; colour++) {
      for (let cell = 0; cell < plane; cell++) {
        colours[colour * plane + cell] = truth.factors.reduce(
          (sum, factor, channel) => sum + factor[colour]! * latents[channel * plane + cell]!,
          truth.bias[colour]!,
        );
      }
    }
    const fitted = fitLatentColours([{ latents, colours }]);
    fitted.factors.flat().forEach((value, index) => {
      expect(value).toBeCloseTo(truth.factors.flat()[index]!, 3);
    });
    const preview = latentPreview(latents, 8, 8, fitted);
    expect([preview.width, preview.height]).toEqual([8, 8]);
    expect(Math.abs(preview.data[0]! - (colours[0]! + 1) * 127.5)).toBeLessThan(1);
  });

  it('calls latents of another size a bug', () => {
    const map: LatentColours = { factors: [[1, 1, 1]], bias: [0, 0, 0] };
    expect(() => latentPreview(new Float32Array(3), 2, 2, map)).toThrow('internal:');
  });
});
