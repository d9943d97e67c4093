/**
 * Every op as a function over values. A group imports only those before it: elementwise, shape, indexing, reductions,
 * linear-algebra, normalization, attention, winograd, kernel-copies, convolution, resizing.
 */

export * from '../cast.ts';
export * from './attention.ts';
export * from './convolution.ts';
export * from './elementwise.ts';
export * from './indexing.ts';
export * from './kernel-copies.ts';
export * from './linear-algebra.ts';
export * from './normalization.ts';
export * from './reductions.ts';
export * from './resizing.ts';
export * from './shape.ts';
export * from './winograd.ts';
