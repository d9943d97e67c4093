// A thread that ends its process when that takes more memory than it is given: onnxruntime holds the main thread while it works.
import { workerData } from 'node:worker_threads';

/** Milliseconds between two looks: memory that is written to grows by some 100 MB meanwhile. */
const LOOK_MS = 20;

setInterval(() => {
  if (process.memoryUsage.rss() > workerData.maxBytes) process.kill(process.pid, 'SIGKILL');
}, LOOK_MS);
