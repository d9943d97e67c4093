import { configDefaults, defineConfig } from 'vitest/config';
import { LongestFirst } from './tests/longest-first.ts';

/** Tests of pages in a browser of the system. */
const PAGES = ['tests/e2e/**/*.test.ts', 'tests/plugin/**/*.test.ts'];

/**
 * Tests of functions and of classes that keep no state beyond themselves: no files, processes or ports. They follow each other
 * in one process, which reads the modules once for all of them.
 */
const PLAIN = [
  'tests/{adapters,concepts,diffusion,localization,onnx,shared,tensor}/**/*.test.ts',
  'tests/plugin/{canvas,panel}/**/*.test.ts',
];

export default defineConfig({
  test: {
    pool: 'forks',
    // onnxruntime already uses every core; more test processes than two only fight for them.
    maxWorkers: 2,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'pages',
          include: PAGES,
          exclude: [...configDefaults.exclude, ...PLAIN],
          // A browser is no part of this project, and on a busy machine it stalls for a minute: what fails once is tried
          // once more, and counts as failed where it fails again.
          retry: 1,
        },
      },
      {
        extends: true,
        test: {
          name: 'programs',
          include: ['tests/**/*.test.ts'],
          exclude: [...configDefaults.exclude, ...PAGES, ...PLAIN],
        },
      },
      {
        extends: true,
        test: { name: 'plain', include: PLAIN, isolate: false },
      },
    ],
    // onnxruntime is loaded by tests alone, too: it sends nothing (companion/runtime/telemetry-off.ts).
    env: { ORT_DISABLE_TELEMETRY: '1' },
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // No test asserts a time: what is polled for may come late on a busy machine.
    expect: { poll: { timeout: 60_000 } },
  },
});
