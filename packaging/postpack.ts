/** `npm pack`, after: plugin and studio as a clone has them. */

import { buildPages } from './pages.ts';

await buildPages('clone');
