/** The operators as functions over values, one family a file. */
export * from './ops/activation.ts';
export * from './ops/attention.ts';
export * from './ops/elementwise.ts';
export * from './ops/layout.ts';
export * from './ops/linear-algebra.ts';
export * from './ops/normalization.ts';
export * from './ops/ordering.ts';
export * from './ops/reduction.ts';
export * from './ops/spatial.ts';
