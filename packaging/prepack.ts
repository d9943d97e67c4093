/** `npm pack`, before: plugin and studio as an installed Likeness has them. */

import { buildPages } from './pages.ts';

await buildPages('installed');
