import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** In processing order: a folder imports itself and the folders before it. ARCHITECTURE.md says what each is for. */
const ORDER = [
  'shared',
  'companion/images',
  'companion/checkpoint',
  'companion/hub',
  'companion/graph',
  'companion/onnx',
  'companion/runtime',
  'companion/models',
  'companion/diffusion',
  'companion/residuals',
  'companion/engine',
  'companion/library',
  'companion/jobs',
  'companion/server',
  'companion/evaluation',
  'companion/cli',
];

/** Heavy dependencies and the one folder that may import them. */
const OWNERS: Readonly<Record<string, string>> = {
  'onnxruntime-node': 'companion/runtime',
  sharp: 'companion/images',
  'opentype.js': 'companion/images',
  '@huggingface/tokenizers': 'companion/models',
  commander: 'companion/cli',
  'cli-progress': 'companion/cli',
  express: 'companion/server',
  'express-rate-limit': 'companion/server',
  ws: 'companion/server',
  pino: 'companion/server',
  'pino-pretty': 'companion/server',
};

/** Pure: they compute, and leave files, processes and networks to others. */
const WITHOUT_NODE = ['shared', 'companion/graph', 'companion/onnx'];

/** What may open connections: to the hub that somebody names, and to the companion on this computer. */
const CALLERS = ['companion/hub/hub.ts', 'companion/server/running-companion.ts'];

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
}

function importsOf(folder: string): Import[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => {
      const file = join(root, folder, name);
      const source = readFileSync(file, 'utf8');
      const targets = source.matchAll(/(?:^|\n)(?:import|export)[^;]*?from '([^']+)'|import\('([^']+)'\)/g);
      return [...targets].map((match) => ({ file, folder, target: match[1] ?? match[2]! }));
    });
}

function folderOf(path: string): string | undefined {
  const inside = relative(root, path);
  return ORDER.find((folder) => inside.startsWith(`${folder}/`));
}

const imports = ORDER.flatMap(importsOf);

describe('imports', () => {
  it('are found at all', () => expect(imports.length).toBeGreaterThan(100));

  it('run one way, in processing order', () => {
    const wrong = imports
      .filter(({ target }) => target.startsWith('.'))
      .map(({ file, folder, target }) => ({ file, folder, to: folderOf(resolve(dirname(file), target)) }))
      .filter(({ folder, to }) => to === undefined || ORDER.indexOf(to) > ORDER.indexOf(folder))
      .map(({ file, to }) => `${relative(root, file)} imports ${to}`);
    expect(wrong).toEqual([]);
  });

  it('reach a heavy dependency through its owner only', () => {
    const wrong = imports
      .filter(({ folder, target }) => OWNERS[target] !== undefined && OWNERS[target] !== folder)
      .map(({ file, target }) => `${relative(root, file)} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  it('lead out of the process in two places only', () => {
    const calls = /(?<![\w.#])fetch\(|from '(node:(https|tls|dgram|http2)|undici)'/;
    const files = [...new Set(imports.map(({ file }) => file))];
    const callers = files.filter((file) => calls.test(readFileSync(file, 'utf8')));
    expect(callers.map((file) => relative(root, file)).sort()).toEqual(CALLERS);
  });

  it.each(WITHOUT_NODE)('of %s touch nothing of Node', (pure) => {
    const wrong = imports.filter(({ folder, target }) => folder === pure && target.startsWith('node:'));
    expect(wrong.map(({ file, target }) => `${relative(root, file)} imports ${target}`)).toEqual([]);
  });
});
