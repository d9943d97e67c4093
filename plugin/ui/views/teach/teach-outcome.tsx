import type { JobOf } from '../../../../shared/protocol/job.ts';
import { useApp } from '../../app-context.ts';
import { frameCount } from '../../work/labels.ts';
import { useSample } from '../library/concept-picture.tsx';

/** A teaching that has ended: a sample of what was learned beside a frame that it was learned from, to compare. */
export function Outcome({ job }: { readonly job: JobOf<'teach'> }) {
  const app = useApp();
  const sample = app.pictures.validationImages.value.get(job.job);
  const { id, version } = job.taught?.concept ?? {};
  const kept = useSample(id, version);
  const reference = app.library.thumbnails.value.get(`${id}/${version}`);
  return (
    <section class="outcome">
      <TeachHeading request={job.request} />
      <OutcomePicture url={reference} label="Your frame" missing="The frame is on the canvas" />
      <OutcomePicture url={sample?.url ?? kept} label="What was learned" missing="Make a picture to see it" />
    </section>
  );
}

interface OutcomePictureProps {
  readonly url: string | undefined;
  readonly label: string;
  /** Said in its place where the panel does not have it, as after it was closed. */
  readonly missing: string;
}

function OutcomePicture({ url, label, missing }: OutcomePictureProps) {
  return (
    <figure>
      <div class="sample">
        {url === undefined ? <span class="quiet">{missing}</span> : <img src={url} alt={label} />}
      </div>
      <figcaption>{label}</figcaption>
    </figure>
  );
}

/** The product of a teaching. The focus goes there where what had it is gone. */
export function TeachHeading({ request }: { readonly request: JobOf<'teach'>['request'] }) {
  const { name, classWord, images } = request;
  return (
    <div class="teaching-head">
      <h2 class="title" tabIndex={-1}>
        @{name}
      </h2>
      <p class="quiet">
        {classWord}, {frameCount(images.length)}
      </p>
    </div>
  );
}
