import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['tests/**/*.test.ts'],
    pool: 'forks',
    // onnxruntime already uses every core; more test processes than two only fight for them.
    maxWorkers: 2,
    testTimeout: 300_000,
    hookTimeout: 300_000,
    // No test asserts a time: what is polled for may come late on a busy machine.
    expect: { poll: { timeout: 60_000 } },
  },
});
