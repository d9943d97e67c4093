// Runs first: in a folder that was deleted or renamed away meanwhile, everything else would end in a stack trace.
try {
  process.cwd();
} catch {
  console.error(
    'error: the folder that this command was given in is gone. Change to another folder, and run it again.',
  );
  process.exit(1);
}
