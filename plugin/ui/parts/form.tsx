import type { ComponentChildren } from 'preact';

interface FormProps {
  readonly class: string;
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/**
 * A form in a frame that may not submit: where the sandbox lacks `allow-forms`, no submit event comes. The press of
 * the submit button does come, and Enter in a field presses it as well.
 */
export function Form({ class: name, onSubmit, children }: FormProps) {
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the keyboard's Enter arrives as a click on the submit button
    <form
      class={name}
      onClick={(event) => {
        const button = (event.target as Element).closest('button');
        if (button?.type !== 'submit') return;
        event.preventDefault();
        if (!button.disabled) onSubmit();
      }}
    >
      {children}
    </form>
  );
}
