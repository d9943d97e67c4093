/**
 * Connect: the way to a companion, from an empty computer to a paired one; and the browser's permission for pages to
 * reach programs on this computer. Chrome asks people for it, and has used two names for it; desktop apps and other
 * browsers know neither, and then nothing is known.
 */

import { useEffect, useRef, useState } from 'preact/hooks';
import { COMMAND_PLACE, isInstalled, PROGRAM, START_COMMAND } from '../../../shared/errors.ts';
import {
  PAIRING_CODE_DIGITS,
  PAIRING_CODE_LONG_DIGITS,
  pairingCodeSchema,
} from '../../../shared/protocol/ids.ts';
import { useApp } from '../app-context.ts';
import type { ConnectionState } from '../connection/state.ts';
import { FailureNote, Note } from '../parts/note.tsx';

/** From nothing to a connection; it moves on by itself whenever the companion appears. */
export function Connect() {
  const { value: state } = useApp().companion.state;
  return (
    <main class="connect">
      <Mark />
      {content(state)}
      <p class="hint connect-foot">
        Pictures are made by the companion, a program on this computer. Nothing is sent over the internet, and
        only this plugin changes your file.
      </p>
    </main>
  );
}

function isFigmaDesktop(): boolean {
  return navigator.userAgent.includes('Figma/');
}

interface CodeEntryProps {
  readonly busy: boolean;
  readonly onCode: (code: string) => void;
}

/** Six digits, or more where the first one says so, typed or pasted; the last one sends them. */
function CodeEntry({ busy, onCode }: CodeEntryProps) {
  const [typed, setTyped] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (busy) return;
    setTyped('');
    field.current?.focus();
  }, [busy]);
  const take = (text: string) => {
    const all = text.replace(/\D/g, '');
    const digits = all.slice(0, all.startsWith('9') ? PAIRING_CODE_LONG_DIGITS : PAIRING_CODE_DIGITS);
    setTyped(digits);
    if (pairingCodeSchema.safeParse(digits).success) onCode(digits);
  };
  return (
    <input
      ref={field}
      class={typed.startsWith('9') ? 'code long' : 'code'}
      aria-label="Code"
      inputMode="numeric"
      autocomplete="one-time-code"
      placeholder="000000"
      value={typed}
      disabled={busy}
      onInput={({ currentTarget }) => take(currentTarget.value)}
    />
  );
}

function content(state: ConnectionState) {
  switch (state.phase) {
    case 'searching':
    case 'ready':
      return <Looking text="Looking for the companion" />;
    case 'lost':
      return <Looking text="The companion was stopped. Waiting for it to start again" />;
    case 'absent':
      return <Absent unproven={state.unproven} />;
    case 'unpaired':
    case 'pairing':
      return <Pairing state={state} />;
    case 'mismatch':
      return <Mismatch companion={state.companion} />;
  }
}

/** Two frames, one drawn from the other. */
function Mark() {
  return (
    <svg class="mark" width="40" height="40" viewBox="0 0 40 40" aria-hidden="true">
      <rect x="4" y="4" width="20" height="20" rx="5" />
      <rect x="16" y="16" width="20" height="20" rx="5" />
    </svg>
  );
}

function Looking({ text }: { readonly text: string }) {
  return (
    <p class="connect-lead" role="status">
      {text} …
    </p>
  );
}

function Pairing({ state }: { readonly state: Extract<ConnectionState, { phase: 'unpaired' | 'pairing' }> }) {
  const app = useApp();
  const failure = state.phase === 'unpaired' ? state.failure : null;
  return (
    <>
      <h1>Connect to your companion</h1>
      <p class="connect-lead">
        {app.companion.isKnownElsewhere
          ? 'The one that answers does not know this plugin yet. Enter the code that its window shows.'
          : 'Enter the code that its window shows.'}
      </p>
      <CodeEntry busy={state.phase === 'pairing'} onCode={(code) => app.companion.pair(code)} />
      {failure === null ? null : <FailureNote report={failure} />}
    </>
  );
}

function Absent({ unproven }: { readonly unproven: readonly number[] }) {
  const app = useApp();
  const [access, setAccess] = useState<BrowserAccess>('unknown');
  useEffect(() => {
    browserAccess().then(setAccess);
  }, []);
  // Where somebody answers, the browser lets the panel through.
  const isBlocked = access === 'denied' && unproven.length === 0;
  return (
    <>
      <h1>Start the companion</h1>
      <ol class="steps">
        {isInstalled ? (
          <li>
            Open Likeness: double-click it in its folder, or run <kbd>{START_COMMAND}</kbd> in a terminal.
          </li>
        ) : (
          <>
            <li>Open a terminal in the Likeness folder.</li>
            <li>
              Run <kbd>{START_COMMAND}</kbd>
            </li>
          </>
        )}
        <li>Come back here. It is found by itself.</li>
      </ol>
      {unproven.length === 0 ? null : (
        <Note tone="warning" title="Another program answers in its place">
          <p>
            The program on port {unproven.join(' and ')} could not prove to be your companion, and was told
            nothing. A companion that you start now takes another port, and is found by itself.
          </p>
        </Note>
      )}
      {isBlocked ? (
        <Note tone="warning" title="Your browser blocks the connection">
          <p>
            Allow Figma to reach “apps on device” in the browser’s site settings and reload the page. If it
            stays blocked, use Figma’s desktop app.
          </p>
        </Note>
      ) : null}
      {navigator.onLine ? null : (
        <Note tone="info" title="You are offline">
          <p>That is fine: Likeness works without the internet.</p>
        </Note>
      )}
      <button type="button" class="button" onClick={() => app.companion.search()}>
        Look again
      </button>
      <NotFoundHelp isOpen={isBlocked} />
    </>
  );
}

/** Causes for which a companion that runs is not found. */
function NotFoundHelp({ isOpen }: { readonly isOpen: boolean }) {
  return (
    <details class="help" open={isOpen}>
      <summary>It is running, and still not found</summary>
      <ul>
        {isFigmaDesktop() ? null : (
          <li>
            In a browser, answer “Allow” when it asks about devices or apps on your network. If it never asks,
            use Figma’s desktop app, where no permission is needed.
          </li>
        )}
        <li>The companion must run on this computer, not on another one.</li>
        <li>
          It uses port 17653, 17654 or 17655. If other programs hold all three, it says so when it starts;
          close one of them.
        </li>
        <li>
          Run <kbd>{PROGRAM} doctor</kbd> in {COMMAND_PLACE}: it finds most other causes.
        </li>
      </ul>
    </details>
  );
}

function Mismatch({ companion }: { readonly companion: 'older' | 'newer' }) {
  const app = useApp();
  return (
    <>
      <h1>{companion === 'older' ? 'Update the companion' : 'Update the plugin'}</h1>
      <p class="connect-lead">
        {companion === 'older'
          ? 'The companion on this computer is older than this plugin. Stop it, update the Likeness folder, and start it again.'
          : 'The companion on this computer is newer than this plugin. Close the plugin and open it again: the companion has put the new one in its place.'}
      </p>
      <button type="button" class="button" onClick={() => app.companion.search()}>
        Look again
      </button>
    </>
  );
}

type BrowserAccess = 'granted' | 'denied' | 'prompt' | 'unknown';

const PERMISSIONS = ['loopback-network', 'local-network-access'];

async function browserAccess(): Promise<BrowserAccess> {
  for (const name of PERMISSIONS) {
    try {
      const { state } = await navigator.permissions.query({ name: name as PermissionName });
      return state;
    } catch {
      // This browser does not know the name.
    }
  }
  return 'unknown';
}
