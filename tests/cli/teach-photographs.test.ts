/** Photographs, which the embedded model cannot draw: teaching them ends without an error, and is not called a success. */

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { likeness, temporaryFolder } from './binary.ts';

const photos = fileURLToPath(new URL('../../../shared/photos/duck_toy', import.meta.url));
const isMissing = !existsSync(photos);
const title = isMissing ? 'skipped: ../shared/photos is not there' : 'of the photographs of a toy';

describe.skipIf(isMissing)(`teaching ${title}`, () => {
  it('says that no picture looks like them, and what to do', async () => {
    const command = ['teach', photos, '--name', 'duck', '--class', 'toy', '--steps', '6'];
    const ended = await likeness([...command, '--device', 'cpu'], { home: temporaryFolder() });
    expect(ended.exitCode).toBe(0);
    expect(ended.stderr).toContain('But no picture yet looks like your frames.');
    expect(ended.stderr).toContain('a full-size model draws your product');
    expect(ended.stderr).not.toContain('✓ Taught');
  });
});
