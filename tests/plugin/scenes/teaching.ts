/** Teachings: on their way, learned, and failed. */

import { examplePicture } from '../example-pictures.ts';
import { concept, taughtJob, teachJob, welcome } from '../protocol-samples.ts';
import { open, outOfMemory, png, running, type Scene, withLibrary } from './scene.ts';

/** The end of a teaching on a demonstration model. @param sample an example in place of what was learned */
function taughtScene(
  name: string,
  verdict: Parameters<typeof taughtJob>[1],
  { sample, words }: { readonly sample: string; readonly words: RegExp },
): Scene {
  return {
    name,
    companion: () => {
      const companion = withTeaching();
      companion.concepts = [concept({ name: 'aurora' })];
      companion.model = { ...welcome.model, isDemonstration: true };
      return companion;
    },
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByText('@aurora').first().waitFor();
      const header = { kind: 'sample', job: 'job-teaching', step: 300, ...png(512) } as const;
      companion.sendFrame({ header, payload: examplePicture(sample) });
      companion.send({ type: 'job', job: taughtJob('job-teaching', verdict) });
      await stage.ui.getByText(words).waitFor();
      await stage.ui.getByAltText('Your frame').waitFor();
      await stage.ui.getByAltText('What was learned').waitFor();
    },
  };
}

/** A teaching is under way. */
function withTeaching() {
  const companion = withLibrary();
  companion.jobs = [teachJob('job-teaching', running)];
  return companion;
}

export const TEACHING_SCENES: readonly Scene[] = [
  {
    name: 'teach-progress',
    companion: withTeaching,
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByText('@aurora').first().waitFor();
      for (let step = 1; step <= 182; step++) {
        const smoothedLoss =
          0.03 + 0.11 * Math.exp(-step / 45) + 0.006 * Math.sin(step * 1.7) * Math.cos(step / 3);
        companion.send({
          type: 'progress',
          job: 'job-teaching',
          phase: 'teaching',
          step,
          steps: 300,
          fraction: step / 310,
          secondsLeft: (300 - step) * 0.8,
          smoothedLoss,
        });
      }
      const payload = examplePicture('aurora/scene-02.png');
      companion.sendFrame({
        header: { kind: 'sample', job: 'job-teaching', step: 150, ...png(512) },
        payload,
      });
      await stage.ui.getByAltText('Sample after 150 steps').waitFor();
    },
  },
  taughtScene('teach-learned', 'looks-like', {
    sample: 'aurora/scene-02.png',
    words: /It works in every file/,
  }),
  taughtScene('teach-not-yet', 'not-yet', {
    sample: 'summit/scene-02.png',
    words: /^No picture yet looks like your frames\.$/,
  }),
  {
    name: 'teach-failed',
    companion: withTeaching,
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByText('@aurora').first().waitFor();
      const status = { ...outOfMemory, saved: { step: 182, steps: 300 } };
      companion.send({ type: 'job', job: teachJob('job-teaching', status) });
      await stage.ui.getByRole('button', { name: 'Continue' }).waitFor();
    },
  },
  {
    name: 'teach-advice',
    companion: () => {
      const companion = withLibrary();
      const small = 'The product is small: crop closer or export at 2x, so that 512 px show real detail.';
      const opaque =
        'Remove the background: then only the product is learned, and found again in new pictures.';
      const advice = [
        { frame: 1, severity: 'problem', text: small } as const,
        ...[0, 1, 3].map((frame) => ({ frame, severity: 'hint', text: opaque }) as const),
      ];
      companion.jobs = [{ ...teachJob('job-teaching', running), advice }];
      return companion;
    },
    act: async (stage, companion) => {
      await open(stage);
      await stage.ui.getByText('Frames 1, 2 and 4').waitFor();
      const pace = { step: 12, steps: 300, fraction: 0.06, secondsLeft: 250, smoothedLoss: 0.13 };
      companion.send({ type: 'progress', job: 'job-teaching', phase: 'teaching', ...pace });
      await stage.ui.getByText('Learning, 12 of 300').waitFor();
    },
  },
];
