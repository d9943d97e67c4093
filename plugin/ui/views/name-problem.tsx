import { useApp } from '../app-context.ts';
import type { NameProblem } from '../work/prompt-names.ts';

/** Why a name in the prompt cannot be used, and the way out. */
export function NameProblemNote({ problem }: { readonly problem: NameProblem }) {
  const app = useApp();
  const { name } = problem;
  switch (problem.type) {
    case 'unknown':
      return <p class="hint problem">The library has no @{name}. Type @ to see what it has.</p>;
    case 'other-model':
      return (
        <p class="hint problem">
          @{name} was taught on another image model, “{problem.model}”. Teach it again to use it on this one.
        </p>
      );
    case 'other-model-version':
      return (
        <p class="hint problem">
          Version {problem.version} of @{name} was taught on another image model. Use the newest instead.
        </p>
      );
    case 'removed':
      return (
        <p class="hint problem">
          @{name} was removed from the library.{' '}
          <button
            type="button"
            class="link"
            disabled={!app.connected.value}
            onClick={() => app.restoreConcept(problem.id)}
          >
            Restore
          </button>
        </p>
      );
  }
}
