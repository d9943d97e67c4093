/**
 * Handles messages one after the other, each in a task of its own: the main thread is Figma's, and a burst of pictures
 * that is handled in one go would freeze the editor.
 */
export function runSerially(handle: (message: unknown) => Promise<void>): (message: unknown) => void {
  let last: Promise<void> = Promise.resolve();
  return (message) => {
    last = last
      .then(pause)
      .then(() => handle(message))
      // A node that vanished between two messages must not end the chain; the developer console has the details.
      .catch((error: unknown) => console.error('likeness:', error));
  };
}

/** Gives the thread back to the editor, for input and drawing. */
export function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 0));
}
