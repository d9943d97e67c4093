/**
 * A designer's first hour without a terminal, in a real browser: from the double click to the first variant, and from photos
 * with backgrounds to a taught product on a second model, both fetched from a hub on this computer.
 * `LIKENESS_FILM=1 npx vitest run tests/e2e/first-hour.test.ts` goes all the way and takes the pictures of docs/first-hour.md.
 */

import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { vividNetworkBytes } from '../matting/small-network.ts';
import { localHub } from '../model-store/hub/local-hub.ts';
import { servedMatting } from '../model-store/served-matting.ts';
import { SHARD, servedModel } from '../model-store/served-model.ts';
import { lockPluginPorts } from '../server/free-port.ts';
import { cannotRun } from './bench-table.ts';
import { Film, isFilmed, windowPage } from './film.ts';
import { openBrowser, openProfile } from './headless-browser.ts';
import { PortableFolder } from './portable-folder.ts';
import { productPhotos } from './product-photos.ts';
import { StudioDriver } from './studio-driver.ts';

const PATIENCE_MS = 1_800_000;
const noLauncher = process.platform === 'win32' ? 'the launcher of Windows is a batch file' : undefined;
const reason = cannotRun ?? noLauncher;

/** Most clicks that the first variant may cost, after pairing. */
const MOST_CLICKS = 3;

/** The embedded model in the place of Stable Diffusion 1.5, as another model: no demonstration, and weights of its own. */
function secondModel(): Map<string, Uint8Array> {
  const files = servedModel();
  const settings = JSON.parse(Buffer.from(files.get('likeness.json')!).toString()) as object;
  files.set('likeness.json', Buffer.from(JSON.stringify({ ...settings, demonstration: false })));
  const shard = Buffer.from(files.get(SHARD)!);
  // The last bit of every fourth byte from the middle on: too little to be seen, enough to be other weights.
  for (let at = (shard.length >> 1) & ~3; at < shard.length; at += 4) shard[at]! ^= 1;
  return files.set(SHARD, shard);
}

/** 0 until the canvas has its picture. */
function alphaInTheMiddle(element: Element): number {
  const canvas = element as HTMLCanvasElement;
  const { width, height } = canvas;
  return canvas.getContext('2d')!.getImageData(width >> 1, height >> 1, 1, 1).data[3]!;
}

function shownPictures(images: readonly Element[]): number {
  return images.filter((image) => (image as HTMLImageElement).naturalWidth > 0).length;
}

describe.skipIf(reason)(`the first hour${reason ? ` (skipped: ${reason})` : ''}`, () => {
  // Vitest calls what this gives after the tests.
  beforeAll(lockPluginPorts);
  it(
    'goes from a double click to a variant in three clicks, and on to a product from photos on a second model',
    async () => {
      const { endpoint } = await localHub(secondModel(), {
        repository: 'stable-diffusion-v1-5/stable-diffusion-v1-5',
        licence: 'creativeml-openrail-m',
        others: servedMatting(vividNetworkBytes()),
      });
      const folder = await PortableFolder.make();
      onTestFinished(() => folder.close());
      const address = await folder.open({ HF_ENDPOINT: endpoint });
      const browser = await openBrowser();
      onTestFinished(() => browser.close());
      const context = await openProfile(browser, Number(new URL(address).port));
      let clicks = 0;
      await context.exposeBinding('clicked', () => {
        clicks++;
      });
      await context.addInitScript(() => {
        addEventListener('click', ({ isTrusted }) => {
          if (isTrusted) (window as unknown as { clicked(): void }).clicked();
        });
      });
      const film = new Film();
      if (isFilmed) {
        const page = await context.newPage();
        await page.setContent(windowPage(folder.window));
        await film.shot(page);
        await page.close();
      }

      // The page that the double click opens is paired already.
      const studio = await StudioDriver.open(context, address);
      const { plugin, page } = studio;
      const prompt = plugin.getByRole('textbox', { name: 'Prompt' });
      await prompt.waitFor();
      await expect.poll(() => prompt.inputValue()).toMatch(/^@aurora /);
      await film.shot(page);
      await plugin
        .getByRole('button', { name: /^Generate/ })
        .last()
        .click();
      // Several are made side by side, and come to their end at about the same time.
      await plugin.locator('.tile-picture.pending img').first().waitFor();
      await film.shot(page);
      expect(clicks).toBeGreaterThan(0);
      expect(clicks).toBeLessThanOrEqual(MOST_CLICKS);
      await studio.layerCount(4);
      await studio.variantsDone();
      await page.getByRole('button', { name: /zoom to fit/ }).click();
      await film.shot(page);

      await studio.newDocument();
      await studio.dropFiles(await productPhotos());
      await studio.layerCount(4);
      const teachThese = plugin.getByRole('button', { name: 'Teach these 4 frames' });
      await teachThese.waitFor();
      await film.shot(page);
      await teachThese.click();
      const getRemover = plugin.getByRole('button', { name: 'Get background removal…' });
      await getRemover.waitFor();
      await film.shot(page);
      await getRemover.click();
      await plugin.getByLabel('I have read the licence').check();
      await film.shot(page);
      await plugin.getByRole('button', { name: /^Get it/ }).click();
      await plugin.getByText('Ready').waitFor();
      await film.shot(page);

      if (isFilmed) {
        await plugin.getByRole('button', { name: /^Get Stable Diffusion 1.5/ }).click();
        await plugin.getByLabel('I have read the licence').check();
        await film.shot(page);
        await plugin.getByRole('button', { name: /^Get it/ }).click();
        await plugin.getByRole('button', { name: 'Use Stable Diffusion 1.5' }).click();
        await plugin.getByTitle('Models').getByText('stable-diffusion-v1-5').waitFor();
        await film.shot(page);
      }

      await studio.show('Teach');
      await plugin.getByRole('button', { name: 'Remove 4 backgrounds' }).click();
      await plugin.getByRole('heading', { name: 'Without background' }).waitFor();
      const cutOut = plugin.getByRole('img', { name: /without its background$/ });
      await expect.poll(() => cutOut.evaluate(alphaInTheMiddle)).toBe(255);
      await expect.poll(() => plugin.locator('.frames img').evaluateAll(shownPictures)).toBe(4);
      await film.shot(page);
      await plugin.getByRole('button', { name: 'Place 4 beside their frames' }).click();
      await studio.layerCount(8);
      await plugin.getByRole('heading', { name: '4 frames' }).waitFor();
      await expect.poll(() => plugin.getByRole('button', { name: /backgrounds?$/ }).count()).toBe(0);
      await page.getByRole('button', { name: /zoom to fit/ }).click();
      if (isFilmed) {
        await plugin.getByLabel('Name', { exact: true }).fill('sunrise');
        await plugin.getByLabel('It is a').fill('mug');
        await film.shot(page);
        await plugin.getByRole('button', { name: 'Teach', exact: true }).click();
        await plugin.getByText(/^Learning, \d{3} of/).waitFor({ timeout: PATIENCE_MS });
        await film.shot(page);
        await plugin.getByText(/^(Learned in|No picture yet looks)/).waitFor({ timeout: PATIENCE_MS });
        for (const one of ['Your frame', 'What was learned']) await plugin.getByAltText(one).waitFor();
        await film.shot(page);
        await plugin.getByRole('button', { name: 'Use @sunrise' }).click();
        await prompt.fill('@sunrise on a beach');
        await prompt.press('Escape');
        await plugin
          .getByRole('button', { name: /^Generate/ })
          .last()
          .click();
        await studio.layerCount(12);
        await studio.variantsDone();
        await page.getByRole('button', { name: /zoom to fit/ }).click();
        await film.shot(page);
        await studio.show('Library');
        await plugin.getByText('@sunrise').first().waitFor();
        await film.shot(page);
      }
      expect(studio.errors).toEqual([]);
    },
    PATIENCE_MS,
  );
});
