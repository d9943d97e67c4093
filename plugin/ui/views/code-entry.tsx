import { useEffect, useRef, useState } from 'preact/hooks';
import { pairingCodeSchema } from '../../../shared/protocol/ids.ts';

interface CodeEntryProps {
  readonly busy: boolean;
  readonly onCode: (code: string) => void;
}

/** Six digits, typed or pasted; the sixth one sends them. */
export function CodeEntry({ busy, onCode }: CodeEntryProps) {
  const [typed, setTyped] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (busy) return;
    setTyped('');
    field.current?.focus();
  }, [busy]);
  const take = (text: string) => {
    const digits = text.replace(/\D/g, '').slice(0, 6);
    setTyped(digits);
    if (pairingCodeSchema.safeParse(digits).success) onCode(digits);
  };
  return (
    <input
      ref={field}
      class="code"
      aria-label="Six-digit code"
      inputMode="numeric"
      autocomplete="one-time-code"
      placeholder="000000"
      value={typed}
      disabled={busy}
      onInput={({ currentTarget }) => take(currentTarget.value)}
    />
  );
}
