/** Measures the plugin in a browser and prints PluginFigures as JSON; rounds are the first argument. */

import { buildPlugin } from '../../plugin/build.ts';
import { buildStudio } from '../../plugin/studio/build.ts';
import type { PluginFigures } from '../plugin-in-browser.ts';
import { measurePlacing } from './placing.ts';
import { measureResponsiveness } from './responsiveness.ts';

const rounds = Number(process.argv[2]);
await buildPlugin();
await buildStudio();
const figures: PluginFigures = {
  placing: await measurePlacing(rounds),
  ...(await measureResponsiveness(rounds)),
};
process.stdout.write(JSON.stringify(figures));
