import type { ComponentChildren } from 'preact';

interface FormProps {
  readonly class: string;
  /** What starts minutes of work is not started by an Enter that only ends a number. */
  readonly submitBy?: 'enter' | 'command-enter';
  readonly onSubmit: () => void;
  readonly children: ComponentChildren;
}

/**
 * A form in a frame that may not submit: where the sandbox lacks `allow-forms`, no submit event comes. The press of
 * the submit button does come, and Enter in a field presses it as well.
 */
export function Form({ class: name, submitBy = 'enter', onSubmit, children }: FormProps) {
  return (
    <form
      class={name}
      onClick={(event) => {
        const button = (event.target as Element).closest('button');
        if (button?.type !== 'submit') return;
        event.preventDefault();
        // A button that is pressed has the focus by then; Enter in a field leaves it there.
        const byField = event.detail === 0 && document.activeElement !== button;
        if (!button.disabled && !(byField && submitBy === 'command-enter')) onSubmit();
      }}
      onKeyDown={(event) => {
        if (submitBy !== 'command-enter' || event.key !== 'Enter' || !(event.ctrlKey || event.metaKey))
          return;
        event.preventDefault();
        // A number is taken when its field is left.
        const field = document.activeElement;
        if (field instanceof HTMLInputElement) {
          field.blur();
          field.focus();
        }
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}
