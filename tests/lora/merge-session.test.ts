import { expect, it } from 'vitest';
import { Random } from '../../companion/diffusion/random.ts';
import { MergeSession } from '../../companion/lora/merge-session.ts';

/** Just too large to be computed without a session, and a hundredth of it. */
it.each([
  [520, 2048, 16],
  [52, 205, 16],
])('adds a product of [%i, r] and [r, %i], r = %i', async (rows, columns, rank) => {
  const random = new Random(3, 0);
  const draw = (count: number) => Float32Array.from({ length: count }, () => random.gaussian());
  const [weight, up, down] = [draw(rows * columns), draw(rows * rank), draw(rank * columns)];
  const session = new MergeSession(1);
  const merged = await session.merge(weight.slice(), { up, down, rank });
  await session.close();
  let furthest = 0;
  for (const index of [0, columns - 1, columns, rows * columns - 1, Math.floor(rows / 2) * columns + 7]) {
    const [row, column] = [Math.floor(index / columns), index % columns];
    let expected = weight[index]!;
    for (let one = 0; one < rank; one++) expected += up[row * rank + one]! * down[one * columns + column]!;
    furthest = Math.max(furthest, Math.abs(expected - merged[index]!));
  }
  expect(furthest).toBeLessThan(1e-5);
});
