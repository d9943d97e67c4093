import type { CurvePoint } from '../../../shared/loss-curve.ts';

const WIDTH = 184;
const HEIGHT = 64;

/** How the loss falls: its shape is what matters, so there are no axes and no numbers, which differ from model to model. */
export function LossCurve({ curve }: { readonly curve: readonly CurvePoint[] }) {
  if (curve.length < 2) return <div class="curve empty">The learning curve appears here.</div>;
  const path = curvePath(curve, WIDTH, HEIGHT);
  const [, first] = curve[0]!;
  const [, last] = curve.at(-1)!;
  const text =
    last < first ? 'The error falls as it learns.' : 'The error goes up and down: the sample tells more.';
  return (
    <figure class="curve">
      <svg
        viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
        preserveAspectRatio="none"
        role="img"
        aria-label="Learning curve"
      >
        <path class="curve-area" d={`${path} L${WIDTH} ${HEIGHT} L0 ${HEIGHT} Z`} />
        <path class="curve-line" d={path} />
      </svg>
      <figcaption>{text}</figcaption>
    </figure>
  );
}

/**
 * From the left edge to the right one; the lowest loss stands two pixels above the bottom.
 *
 * @internal
 */
export function curvePath(curve: readonly CurvePoint[], width: number, height: number): string {
  const losses = curve.map(([, loss]) => loss);
  const lowest = Math.min(...losses);
  const range = Math.max(...losses) - lowest || 1;
  const [start] = curve[0]!;
  const steps = curve.at(-1)![0] - start || 1;
  return curve
    .map(([step, loss], index) => {
      const x = ((step - start) / steps) * width;
      const y = 2 + (1 - (loss - lowest) / range) * (height - 4);
      return `${index === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join(' ');
}
