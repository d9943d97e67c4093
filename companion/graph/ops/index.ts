/** Every op as a function over values; a group imports only those before it. */

export * from './attention.ts';
export * from './convolution.ts';
export * from './elementwise.ts';
export * from './indexing.ts';
export * from './linear-algebra.ts';
export * from './normalization.ts';
export * from './reductions.ts';
export * from './shape.ts';
