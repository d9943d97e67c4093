// Ctrl-C ends a command with 130, without a word, from its first moment on. Long work has a listener of its own, which
// ends it in good order.
process.on('SIGINT', () => {
  if (process.listenerCount('SIGINT') === 1) process.exit(130);
});
