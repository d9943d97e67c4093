/** Line drawings on a 16-pixel grid, in the colour of the text around them. */
const PATHS = {
  select: 'M4 3l8.5 4.2-3.7 1.2-1.5 3.8z',
  layers: 'M8 2.5l5.5 3L8 8.5 2.5 5.5zM2.5 8.5L8 11.5l5.5-3M2.5 11L8 14l5.5-3',
  frame: 'M5 2v12M11 2v12M2 5h12M2 11h12',
  rectangle: 'M3 3.5h10v9H3z',
  hand: 'M5 8V4.2a1 1 0 0 1 2 0V7m0-3.3V3a1 1 0 0 1 2 0v4m0-3.2a1 1 0 0 1 2 0V8m0-2.2a1 1 0 0 1 2 0V10c0 2.5-1.6 4-4 4-2.2 0-3-.8-4.2-2.8L3.3 9c-.5-1 .8-1.8 1.5-.9L5 8.5',
  picture: 'M2.5 3.5h11v9h-11zM2.5 10.5l3-3 2.5 2.5 2-2 3.5 3.5M10.5 6.2v.1',
  undo: 'M6 4L3 7l3 3M3 7h6.5a3 3 0 0 1 0 6H7',
  redo: 'M10 4l3 3-3 3M13 7H6.5a3 3 0 0 0 0 6H9',
  download: 'M8 2.5v7m0 0L5 6.5m3 3l3-3M3 12.5h10',
  trash: 'M3 4.5h10M6 4.5v-2h4v2M4.5 4.5l.6 9h5.8l.6-9',
  plus: 'M8 3v10M3 8h10',
  close: 'M4 4l8 8M12 4l-8 8',
  sun: 'M8 5.2a2.8 2.8 0 1 0 0 5.6 2.8 2.8 0 0 0 0-5.6M8 1.5v1.2m0 10.6v1.2M1.5 8h1.2m10.6 0h1.2M3.4 3.4l.9.9m7.4 7.4l.9.9m0-9.2l-.9.9M4.3 11.7l-.9.9',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3a5.5 5.5 0 1 0 6.5 6.5z',
  keyboard: 'M1.5 4.5h13v7h-13zM4 7v.1M6.7 7v.1M9.3 7v.1M12 7v.1M5 9.3h6',
  restart: 'M12.7 6.5A5 5 0 1 0 13 9M13 3v3.5H9.5',
} as const;

export type StudioIconName = keyof typeof PATHS;

export function StudioIcon({ name }: { name: StudioIconName }) {
  return (
    <svg class="icon" viewBox="0 0 16 16" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}
