// Loads a TypeScript entry through tsx. What fails here fails before any of the program's own code could say so: on a computer
// that starts no more threads or opens no more files, or in an installation that lost a part.

function refuse(error) {
  console.error(`error: Likeness cannot be loaded: ${String(error?.message ?? error).split('\n')[0]}`);
  console.error(
    'Close other programs, or raise the limits on open files and processes (ulimit -n, ulimit -u), and run it again. If that does not help, install Likeness again.',
  );
  process.exit(1);
}

/** Once the program runs, it has a listener of its own. */
function refuseUntilLoaded(error) {
  if (process.listenerCount('uncaughtException') === 1) refuse(error);
}

/** @param {URL} entry */
export async function load(entry) {
  // tsx compiles in a process and a thread of its own, which may fail later than the call that needs them.
  process.on('uncaughtException', refuseUntilLoaded);
  try {
    // Looked for only now: in a fresh clone it has just been installed.
    const { register } = await import('tsx/esm/api');
    register();
    await import(entry.href);
  } catch (error) {
    refuse(error);
  } finally {
    process.off('uncaughtException', refuseUntilLoaded);
  }
}
