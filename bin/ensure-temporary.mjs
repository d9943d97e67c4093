// Runs before tsx, which keeps what it compiled in the folder for temporary files, and ends in a stack trace where that is
// denied or not there: without its cache a start takes some seconds longer.
import { accessSync, constants } from 'node:fs';
import { tmpdir } from 'node:os';

try {
  accessSync(tmpdir(), constants.W_OK | constants.X_OK);
} catch {
  process.env.TSX_DISABLE_CACHE = '1';
}
