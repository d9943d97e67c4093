// Runs where npm installs a packed Likeness, before any package's own install script: npm runs each stage for all packages
// before the next. onnxruntime-node's script fetches CUDA's libraries from NuGet and fails the whole install where that
// cannot be reached; here its list of what it needs is emptied, unless --onnxruntime-node-install=cuda12 asks for them.
// In a clone package-lock.json says that it has no script.
import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const NOTHING_NEEDED = "\nmodule.exports.requirements['linux/x64'] = [];\n";

const { npm_config_onnxruntime_node_install: asked, ONNXRUNTIME_NODE_INSTALL: alsoAsked } = process.env;
if (import.meta.url.includes('/node_modules/') && !asked && !alsoAsked) {
  try {
    const runtime = dirname(createRequire(import.meta.url).resolve('onnxruntime-node/package.json'));
    const list = join(runtime, 'script/install-metadata.js');
    if (existsSync(list) && !readFileSync(list, 'utf8').includes(NOTHING_NEEDED)) {
      appendFileSync(list, NOTHING_NEEDED);
    }
  } catch (error) {
    // Then its script runs, and may well succeed.
    console.error(`likeness: ${error.message}`);
  }
}
