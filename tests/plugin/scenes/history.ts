/** The queue and the history. */

import { catalogueJob, generateJob, teachJob } from '../protocol-samples.ts';
import { open, openTab, outOfMemory, running, type Scene, withLibrary } from './scene.ts';

export const HISTORY_SCENES: readonly Scene[] = [
  {
    name: 'history',
    companion: () => {
      const companion = withLibrary();
      const waiting = (position: number) => ({ state: 'queued', position }) as const;
      companion.jobs = [
        teachJob('job-running-1', running, 'summit'),
        generateJob('job-waiting-1', waiting(0), { prompt: '@summit in the snow' }),
        generateJob('job-waiting-2', waiting(1), { prompt: '@aurora and @summit on a rug' }),
        generateJob('job-ended-1', { state: 'done' }, {}, [0.9, 0.8, 0.7, 0.9]),
        generateJob('job-ended-2', outOfMemory, {
          prompt: '@aurora on a wooden table, studio light, soft shadows',
        }),
        teachJob('job-ended-5', { ...outOfMemory, saved: { step: 240, steps: 300 } }, 'summit'),
        teachJob('job-ended-3', { state: 'cancelled', saved: { step: 182, steps: 300 } }),
        teachJob('job-ended-4', { state: 'done' }),
      ];
      companion.catalogues = [catalogueJob('job-ended-6', { state: 'done' }, [0, 1, 2, 3, 4, 5, 6], [7])];
      return companion;
    },
    act: async (stage) => {
      await open(stage);
      await openTab(stage, 'History');
      await stage.ui.locator('.strip img').nth(3).waitFor();
      await stage.ui.getByLabel('Remove Teach @aurora').click();
      await stage.ui.getByRole('button', { name: 'Undo' }).waitFor();
      // The click has scrolled to what it hit: the queue stands above.
      await stage.ui.getByRole('heading', { name: 'Queue' }).scrollIntoViewIfNeeded();
    },
  },
];
