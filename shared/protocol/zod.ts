/**
 * zod without compiled validators. Figma's content policy forbids code from strings, and zod's probe for it would be
 * reported as a violation each time the plugin opens. Schemas of the protocol import `z` from here, so that this is
 * set before the first of them is made.
 */

import { z } from 'zod';

z.config({ jitless: true });

export { z };
