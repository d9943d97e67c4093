import { useEffect, useRef, useState } from 'preact/hooks';
import {
  PAIRING_CODE_DIGITS,
  PAIRING_CODE_LONG_DIGITS,
  pairingCodeSchema,
} from '../../../shared/protocol/ids.ts';

interface CodeEntryProps {
  readonly busy: boolean;
  readonly onCode: (code: string) => void;
}

/** Six digits, or more where the first one says so, typed or pasted; the last one sends them. */
export function CodeEntry({ busy, onCode }: CodeEntryProps) {
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
