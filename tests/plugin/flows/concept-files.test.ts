/** Concepts as files in the panel: taken in, a LoRA of another program asked about, and given out. */

import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { browserPath } from '../../browser/installed-browser.ts';
import { useWorkplaces } from '../workplace.ts';

function safetensors(name: string, header: unknown) {
  const json = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.byteLength));
  const buffer = Buffer.concat([length, json, Buffer.from('weights')]);
  return { name, mimeType: 'application/octet-stream', buffer };
}

describe.skipIf(browserPath === undefined)('concept files', () => {
  const openWorkplace = useWorkplaces();

  async function openLibrary(companion: Parameters<typeof openWorkplace>[0] = {}) {
    const work = await openWorkplace(companion);
    await work.openTab('Library');
    return { ...work, file: work.stage.ui.getByLabel('Concept file') };
  }

  it('are taken in as they are, and say what changes nothing', async () => {
    const importFindings = ['Three layers hold zeros.'];
    const { companion, stage, file } = await openLibrary({ companion: { importFindings } });
    const sent = safetensors('borrowed.safetensors', { __metadata__: { 'likeness.format': '1' } });
    await file.setInputFiles(sent);
    await stage.ui.getByText('Three layers hold zeros.').waitFor();
    await stage.ui.getByText('@borrowed', { exact: true }).waitFor();
    expect(companion.imported).toEqual([{ facts: {}, bytes: sent.buffer }]);
  });

  it('of another program are asked about first, and sent with the answers', async () => {
    const { companion, stage, file } = await openLibrary();
    const { ui } = stage;
    const sent = safetensors('Blue Vase v2.safetensors', { __metadata__: { ss_network_dim: '8' } });
    await file.setInputFiles(sent);
    const take = ui.getByRole('button', { name: 'Import it' });
    await take.waitFor();
    await expect.poll(() => take.isDisabled()).toBe(true);
    expect(companion.imported).toEqual([]);
    await ui.getByLabel('It is a').fill('vase');
    await ui.getByLabel('Its word').fill('blvz');
    await take.click();
    await ui.getByText('@blue-vase-v2', { exact: true }).waitFor();
    const facts = { name: 'blue-vase-v2', classWord: 'vase', identifier: 'blvz' };
    expect(companion.imported).toEqual([{ facts, bytes: sent.buffer }]);
  });

  it.each([
    ['a picture', Buffer.from('\x89PNG and so on, for long enough')],
    ['nothing', Buffer.alloc(0)],
    ['a header that never ends', Buffer.from('ffffffffffffff7f', 'hex')],
  ])('that are %s are refused without being sent', async (_, buffer) => {
    const { companion, stage, file } = await openLibrary();
    await file.setInputFiles({ name: 'x.safetensors', mimeType: 'application/octet-stream', buffer });
    await stage.ui.getByText('Choose a .safetensors file').waitFor();
    expect(companion.imported).toEqual([]);
  });

  it('are downloaded for another computer', async () => {
    const { stage } = await openLibrary();
    await stage.ui.getByLabel('Details of @aurora').click();
    await stage.ui.getByText('Export', { exact: true }).click();
    const coming = stage.page.waitForEvent('download');
    await stage.ui.getByRole('button', { name: 'Download for Likeness' }).click();
    const download = await coming;
    expect(download.suggestedFilename()).toBe('aurora.safetensors');
    expect(await text(await download.createReadStream())).toBe('aurora for likeness');
  });
});
