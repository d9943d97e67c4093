/** Out of memory is the one failure of onnxruntime that people can do something about. */
import { LikenessError } from '../../shared/errors.ts';

/** What the allocators of CPU, CUDA and WebGPU say; there is no code to match on. */
const OUT_OF_MEMORY = /failed to allocate memory|bad_alloc|out of memory|CUDA_ERROR_OUT_OF_MEMORY/i;

/** Passes the result on; turns an allocation that failed into LikenessError 'memory'. */
export async function namingMemory<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof Error && OUT_OF_MEMORY.test(error.message)) {
      throw new LikenessError('memory', 'there is not enough memory for this model at this size', {
        advice: 'Close other programs, choose a smaller size or batch, or another device.',
        cause: error,
      });
    }
    throw error;
  }
}
