import { useEffect } from 'preact/hooks';
import type { ConceptSummary } from '../../../../shared/protocol/concept.ts';
import { useApp } from '../../app-context.ts';
import { lastMade } from '../../work/job-board.ts';

interface ConceptPictureProps {
  readonly concept: ConceptSummary;
  readonly version: number;
}

/**
 * The last picture made with a version, or what it had learned at the end of its teaching, in front of a reference; one alone
 * where there is no other.
 */
export function ConceptPicture({ concept, version }: ConceptPictureProps) {
  const { board, history, pictures, library } = useApp();
  const made = lastMade([...board.jobs.value.values()], concept.id, version);
  const sample = useSample(concept.id, version);
  useEffect(() => {
    if (made !== undefined) void history.loadPictures({ ...made.job, pictures: [made.picture] });
  }, [made?.job.job, made?.picture.picture]);
  const url = (made && pictures.get(made.job.job, made.picture.picture)?.url) ?? sample;
  // Thumbnails are of the newest versions alone.
  const reference = version === concept.version ? library.thumbnailOf(concept) : undefined;
  if (url === undefined || reference === undefined) return <Thumb url={url ?? reference} />;
  return (
    <span class="card-thumb stacked">
      <img src={reference} alt="" />
      <img src={url} alt="" />
    </span>
  );
}

/** Address of a picture of what a version had learned, fetched when it is looked at; undefined where there is none. */
export function useSample(id: string | undefined, version: number | undefined): string | undefined {
  const { library } = useApp();
  const { concepts } = library;
  useEffect(() => {
    if (id !== undefined && version !== undefined) void library.loadSample(id, version);
  }, [id, version, concepts.value]);
  return id === undefined || version === undefined ? undefined : library.sampleOf(id, version);
}

function Thumb({ url }: { readonly url: string | undefined }) {
  return url === undefined ? <span class="card-thumb" /> : <img class="card-thumb" src={url} alt="" />;
}
