import { useSignalEffect } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { Point } from '../canvas/camera.ts';
import { Painter } from '../canvas/painter.ts';
import type { Studio } from './studio.ts';
import { PALETTES, theme } from './theme.ts';

/** A wheel's notch zooms by this much; touchpads send small parts of one. */
const WHEEL_ZOOM = 0.0022;
const LINE_PX = 16;

/** The canvas, and what is done on it with a pointing device. What it shows is listed in the layers panel as well. */
export function CanvasView({ studio }: { studio: Studio }) {
  const element = useRef<HTMLCanvasElement>(null);
  const { pointer } = studio.session.value;
  useDrawing(element, studio);
  useWheel(element, studio);
  const space = useSpaceKey();
  return (
    <canvas
      ref={element}
      class={`canvas tool-${pointer.tool.value}`}
      role="img"
      aria-label="Canvas. Its frames are listed under Layers."
      onPointerDown={(event) => {
        const canvas = event.currentTarget;
        // Takes the keyboard back from the plugin's panel.
        window.focus();
        canvas.setPointerCapture(event.pointerId);
        pointer.press({
          at: at(event, canvas),
          shift: event.shiftKey,
          pan: space.current || event.button === 1,
        });
      }}
      onPointerMove={(event) => pointer.move(at(event, event.currentTarget))}
      onPointerUp={(event) => pointer.release(at(event, event.currentTarget), event.shiftKey)}
      onPointerLeave={() => {
        pointer.hovered.value = undefined;
      }}
    />
  );
}

/** A picture of the session for each frame of the screen in which something changed. */
function useDrawing(element: RefObject<HTMLCanvasElement | null>, studio: Studio): void {
  const session = studio.session.value;
  const draw = useRef(() => {});
  useEffect(() => {
    const canvas = element.current!;
    const { camera, pointer, workspace } = session;
    let frame = 0;
    const request = () => {
      cancelAnimationFrame(frame);
      frame = requestAnimationFrame(() => {
        const overlay = {
          hovered: pointer.hovered.value,
          marquee: pointer.marquee.value,
          drawing: pointer.drawing.value,
        };
        painter.draw(workspace, PALETTES[theme.value], overlay);
      });
    };
    const painter = new Painter(canvas, camera, studio.pictures, request);
    draw.current = request;
    let fitted = false;
    const resizing = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      canvas.width = Math.round(width * devicePixelRatio);
      canvas.height = Math.round(height * devicePixelRatio);
      camera.size.value = { width, height };
      if (!fitted) studio.zoomToFit();
      fitted = true;
      request();
    });
    resizing.observe(canvas);
    return () => {
      cancelAnimationFrame(frame);
      resizing.disconnect();
    };
  }, [session]);

  useSignalEffect(() => {
    // Read, so that each of them asks for a frame.
    const { workspace, camera, pointer } = studio.session.value;
    workspace.revision.value;
    workspace.selection.value;
    camera.state.value;
    theme.value;
    for (const shown of [pointer.hovered, pointer.marquee, pointer.drawing]) shown.value;
    draw.current();
  });
}

/** The wheel pans, with Shift sideways, and zooms with Ctrl or Command, as a pinch on a touchpad does. */
function useWheel(element: RefObject<HTMLCanvasElement | null>, studio: Studio): void {
  useEffect(() => {
    const canvas = element.current!;
    const wheel = (event: WheelEvent) => {
      event.preventDefault();
      const { camera } = studio.session.value;
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? LINE_PX : 1;
      if (event.ctrlKey || event.metaKey) {
        camera.zoomAt(at(event, canvas), Math.exp(-event.deltaY * unit * WHEEL_ZOOM));
      } else if (event.shiftKey) camera.panBy(event.deltaY * unit, 0);
      else camera.panBy(event.deltaX * unit, event.deltaY * unit);
    };
    // Not passive: the browser's own zoom must not happen as well.
    canvas.addEventListener('wheel', wheel, { passive: false });
    return () => canvas.removeEventListener('wheel', wheel);
  }, []);
}

/** True while the space bar is held, with which every tool pans. */
function useSpaceKey(): { readonly current: boolean } {
  const space = useRef(false);
  useEffect(() => {
    const hold = (event: KeyboardEvent) => {
      if (event.code === 'Space') space.current = event.type === 'keydown';
    };
    addEventListener('keydown', hold);
    addEventListener('keyup', hold);
    return () => {
      removeEventListener('keydown', hold);
      removeEventListener('keyup', hold);
    };
  }, []);
  return space;
}

/** Position of an event in the element, in its own pixels. */
export function at(event: MouseEvent, element: Element): Point {
  const { left, top } = element.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}
