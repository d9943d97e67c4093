/** The operators as functions over values, one family a file. */
export * from './activation.ts';
export * from './attention.ts';
export * from './elementwise.ts';
export * from './layout.ts';
export * from './linear-algebra.ts';
export * from './normalization.ts';
export * from './ordering.ts';
export * from './reduction.ts';
export * from './spatial.ts';
