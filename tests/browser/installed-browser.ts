/** The browser of the system that browser tests run in, and how it is kept to itself. */

import { existsSync } from 'node:fs';

/** Where Chrome and Chromium are on the systems people develop on; what the environment names comes first. */
const PLACES = [
  process.env.LIKENESS_CHROMIUM,
  process.env.CHROME_PATH,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
];

/** Undefined where none was found. */
export const browserPath = PLACES.find((path) => path !== undefined && existsSync(path));

/** No updates, no sync, no requests of its own. */
export const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
