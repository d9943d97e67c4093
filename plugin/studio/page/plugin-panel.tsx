import { useEffect, useMemo, useRef } from 'preact/hooks';
import { StudioIcon } from './icon.tsx';
import { takePairingLink } from './pairing-link.ts';
import type { Studio } from './studio.ts';
import { theme } from './theme.ts';

/**
 * The plugin's window. As in Figma its page runs in a frame without an origin of its own: it cannot reach the studio's
 * storage or document, only send messages. Its content policy is in the page itself (studio/build.ts).
 */
export function PluginPanel({ studio }: { studio: Studio }) {
  const run = studio.session.value.run.value;
  const frame = useRef<HTMLIFrameElement>(null);
  const shown = run.window.value;
  // One address for each run: another would load the plugin's page again, and lose what was typed in it.
  const address = useMemo(() => `/plugin-ui.html?theme=${theme.peek()}${takePairingLink()}`, [run]);

  useEffect(() => {
    const receive = (event: MessageEvent) =>
      run.receiveFromFrame(event, frame.current?.contentWindow ?? null);
    addEventListener('message', receive);
    return () => removeEventListener('message', receive);
  }, [run]);

  useEffect(() => {
    frame.current?.contentWindow?.postMessage({ studioTheme: theme.value }, '*');
  }, [theme.value]);

  return (
    <aside
      class="panel"
      aria-label="Plugin"
      data-longest-block-ms={run.longestBlock.value.durationMs.toFixed(1)}
      style={{ '--width': `${shown?.width ?? 376}px` }}
    >
      <header>
        <img src="/studio/icon.svg" alt="" width="16" height="16" />
        <h2>{shown?.title ?? studio.settings.plugin.name}</h2>
        <button type="button" title="Restart the plugin" onClick={() => studio.relaunch('')}>
          <StudioIcon name="restart" />
        </button>
      </header>
      {shown?.visible ? (
        <iframe
          // A new run is a new page.
          key={run}
          ref={frame}
          title={shown.title}
          sandbox="allow-scripts allow-downloads allow-popups allow-popups-to-escape-sandbox"
          src={address}
          onLoad={(event) => run.frameLoaded(event.currentTarget.contentWindow!)}
        />
      ) : (
        <div class="closed">
          <p>The plugin is closed. Work that it started goes on in the companion.</p>
          <button type="button" class="primary" onClick={() => studio.relaunch('')}>
            Open {studio.settings.plugin.name}
          </button>
        </div>
      )}
    </aside>
  );
}
