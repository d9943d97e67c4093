/**
 * Memory in pages of 2 MiB for a process that runs large models: products over gigabytes of weights then miss the translation
 * cache less often. The C library of Linux asks for them where its tunable says so, which it reads once, when a process begins.
 */

/** glibc's tunable `glibc.malloc.hugetlb` at 1: madvise(MADV_HUGEPAGE) for large blocks (from glibc 2.35; others ignore it). */
const TUNABLE = 'glibc.malloc.hugetlb';

/** The environment of a process to be made. What a person has set is kept, and on other systems nothing changes. */
export function withHugePages(
  environment: NodeJS.ProcessEnv = process.env,
  platform: NodeJS.Platform = process.platform,
): NodeJS.ProcessEnv {
  const { GLIBC_TUNABLES: set = '' } = environment;
  if (platform !== 'linux' || set.includes(TUNABLE)) return environment;
  return { ...environment, GLIBC_TUNABLES: [...(set === '' ? [] : [set]), `${TUNABLE}=1`].join(':') };
}
