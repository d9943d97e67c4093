/**
 * How people start the program: every text that tells them what to type begins with this. A clone puts no command on
 * anybody's path, so that plain `likeness` would not be found, and npm's script is there on every system.
 */
export const PROGRAM = 'npm run likeness --';
