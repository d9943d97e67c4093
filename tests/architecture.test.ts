import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** In processing order: a folder imports itself and the folders before it. ARCHITECTURE.md says what each is for. */
const ORDER = [
  'shared',
  'companion/storage',
  'companion/images',
  'companion/tensor',
  'companion/graph',
  'companion/onnx',
  'companion/checkpoint',
  'companion/runtime',
  'companion/matting',
  'companion/diffusion',
  'companion/models',
  'companion/lora',
  'companion/pipeline',
  'companion/adapters',
  'companion/concepts',
  'companion/localization',
  'companion/training',
  'companion/model-store',
  'companion/library',
  'companion/presets',
  'companion/engine',
  'companion/jobs',
  'companion/installation',
  'companion/server',
  'companion/cli',
  'evaluation',
];

/** Heavy dependencies and the folder that may import them; two folders have a command line. */
const OWNERS: Readonly<Record<string, string | readonly string[]>> = {
  'onnxruntime-node': 'companion/runtime',
  sharp: 'companion/images',
  'opentype.js': 'companion/images',
  '@huggingface/tokenizers': 'companion/models',
  commander: ['companion/cli', 'evaluation'],
  'cli-progress': 'companion/cli',
  'csv-parse/sync': 'companion/cli',
  'cli-table3': 'companion/cli',
  express: 'companion/server',
  'express-rate-limit': 'companion/server',
  '@noble/curves/ed25519.js': 'shared',
  '@noble/curves/utils.js': 'shared',
  '@noble/hashes/hmac.js': 'shared',
  '@noble/hashes/sha2.js': 'shared',
  '@noble/hashes/utils.js': 'shared',
  undici: 'companion/model-store',
  ws: 'companion/server',
  pino: 'companion/server',
  'pino-pretty': 'companion/server',
};

/** Pure: they compute, and leave files, processes and networks to others. */
const WITHOUT_NODE = ['shared', 'companion/graph', 'companion/onnx'];

/** What may open connections: to the hub that somebody names, and to the companion on this computer. */
const CALLERS = ['companion/model-store/hub/client.ts', 'companion/server/port-holder.ts'];

/** Files that write otherwise than through atomic-file.ts, and why no half-written file can be taken for a whole one. */
const OPENERS: Readonly<Record<string, string>> = {
  'companion/model-store/hub/part-file.ts':
    'a download goes on where it was, and gets its name when its hash is right',
  'companion/model-store/pull-folder.ts': 'copies into a folder that is checked, then renamed',
  'companion/server/http/upload-routes.ts': 'an upload is removed once it was read',
  'companion/server/log.ts': 'a log is appended to',
  'companion/storage/atomic-file.ts': 'is how files are written',
  'companion/storage/regular-file.ts': 'opens to read, without waiting for a pipe',
  'companion/storage/temporary-file.ts': 'asks a drive for its time by a file without bytes',
};

/** Files that read files of paths otherwise than by regular-file.ts, which waits for no pipe; and why none can lie there. */
const READERS: Readonly<Record<string, string>> = {
  'companion/cli/picture-choice.ts': 'a file that was listed as one',
  'companion/library/example-concepts.ts': 'files that come with the model',
  'companion/model-store/hub/digest.ts': 'a file that was listed as one',
  'companion/model-store/hub/hub-cache.ts': 'a file that was listed as one',
  'companion/server/http/concept-file-routes.ts': 'a file that the library has opened before',
  'companion/server/http/cut-out-routes.ts': 'an upload, under a name that nobody knew',
  'companion/server/http/pages.ts': 'files of the program',
  'companion/server/plugin-installation.ts': 'files of the program',
  'companion/server/uploads.ts': 'an upload, under a name that nobody knew',
  'companion/storage/process-identity.ts': 'files of the system',
};

/** Where a draw decides what is learned or painted: it follows from seed, stream and position. */
const SEEDED = [
  'images',
  'graph',
  'onnx',
  'runtime',
  'models',
  'diffusion',
  'pipeline',
  'adapters',
  'concepts',
  'localization',
  'training',
  'engine',
];

/** Loaded by commands with import(), when they run: `likeness --help` does not wait for them. */
const LAZY = [
  'companion/graph',
  'companion/onnx',
  'companion/runtime/device-choice.ts',
  'companion/runtime/session.ts',
  'companion/training',
  'companion/localization',
  'companion/engine',
  'companion/jobs',
  'onnxruntime-node',
  'sharp',
  'express',
  'pino',
  'undici',
];

interface Import {
  readonly file: string;
  readonly folder: string;
  readonly target: string;
}

function sourcesOf(folder: string): readonly string[] {
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(root, folder, name));
}

function importsOf(folder: string): Import[] {
  return sourcesOf(folder).flatMap((file) => {
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
/** Files whose source matches, by their paths inside the repository, sorted. */
function filesWith(pattern: RegExp): readonly string[] {
  return ORDER.flatMap(sourcesOf)
    .filter((file) => pattern.test(readFileSync(file, 'utf8')))
    .map((file) => relative(root, file))
    .sort();
}

/** Files and packages that a file imports, by way of however many; types and import() load nothing. */
function loadedBy(start: string): readonly string[] {
  const loaded = new Set([start]);
  for (const file of loaded) {
    if (!file.startsWith(root)) continue;
    const source = readFileSync(file, 'utf8');
    for (const [, names, target] of source.matchAll(
      /^(?:import|export)\s(?!type\s)([^;']*?)from '([^']+)'/gm,
    )) {
      const imported = names!.replace(/[{}]/g, '').split(',');
      if (imported.every((name) => /^\s*(type\s|$)/.test(name))) continue;
      loaded.add(target!.startsWith('.') ? resolve(dirname(file), target!) : target!);
    }
  }
  return [...loaded].map((path) => (path.startsWith(root) ? relative(root, path) : path));
}

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
      .filter(
        ({ folder, target }) => OWNERS[target] !== undefined && ![OWNERS[target]].flat().includes(folder),
      )
      .map(({ file, target }) => `${relative(root, file)} imports ${target}`);
    expect(wrong).toEqual([]);
  });

  it('lead out of the process in two places only', () => {
    const calls =
      /(?<![\w.#])fetch\(|from '(node:(https|tls|dgram|http2)|undici)'|\{[^}]*\b(request|get|connect)\b[^}]*\} from 'node:(http|net)'/;
    expect(filesWith(calls)).toEqual(CALLERS);
  });

  it('of the command line load nothing heavy before a command runs', () => {
    const loaded = loadedBy(join(root, 'companion/cli/main.ts'));
    expect(loaded.length).toBeGreaterThan(20);
    const heavy = loaded.filter((path) => LAZY.some((lazy) => path === lazy || path.startsWith(`${lazy}/`)));
    expect(heavy).toEqual([]);
  });

  it('give bytes of files to sharp in the decoder’s process alone', () => {
    const files = filesWith(/from 'sharp'/).filter((file) => file.startsWith('companion/'));
    const others = files.filter((file) => !file.startsWith('companion/images/decoding/'));
    const ofBytes = others.filter((file) =>
      [...readFileSync(join(root, file), 'utf8').matchAll(/(?<![\w.])sharp\(([^\n]*)/g)].some(
        ([, given]) => !/\{ raw: |\{ create: /.test(given!),
      ),
    );
    expect(ofBytes).toEqual([]);
    const decoding = imports.filter(({ target }) => /decoding\/(main|picture-decoder)\.ts$/.test(target));
    expect(decoding.map(({ file, target }) => `${relative(root, file)} imports ${target}`)).toEqual([]);
  });

  it.each(WITHOUT_NODE)('of %s touch nothing of Node', (pure) => {
    const wrong = imports.filter(({ folder, target }) => folder === pure && target.startsWith('node:'));
    expect(wrong.map(({ file, target }) => `${relative(root, file)} imports ${target}`)).toEqual([]);
  });
});

describe('files', () => {
  it('are written whole: what writes them otherwise is known', () => {
    const writes =
      /import \{[^}]*\b((write|append|copy)File(Sync)?|cp|createWriteStream)\b[^}]*\} from 'node:fs/;
    const opens = /import \{[^}]*\bopen(Sync)?\b[^}]*\} from 'node:fs/;
    const opensToWrite = /(?<![\w.#])open(Sync)?\((?![^()]*, 'r'\))/;
    const writers = new Set(filesWith(opensToWrite));
    const openers = filesWith(opens).filter((file) => writers.has(file));
    expect([...new Set([...filesWith(writes), ...openers])].sort()).toEqual(Object.keys(OPENERS));
  });

  it('are read as regular files: what reads them otherwise is known', () => {
    const reads = /import \{[^}]*\b(readFile|createReadStream)\b[^}]*\} from 'node:fs/;
    const files = filesWith(reads).filter((file) => file.startsWith('companion/'));
    expect(files).toEqual(Object.keys(READERS));
  });

  it.each(SEEDED)('of companion/%s draw nothing that does not follow from a seed', (folder) => {
    const drawing = filesWith(/Math\.random|getRandomValues|random(Bytes|Int|UUID)\(/);
    expect(drawing.filter((file) => file.startsWith(`companion/${folder}/`))).toEqual([]);
  });
});

it('ARCHITECTURE.md maps the folders in this order', () => {
  const map = readFileSync(join(root, 'ARCHITECTURE.md'), 'utf8');
  const rows = [...map.matchAll(/^\| `([^`]+)\/` \|/gm)].map((match) => match[1]!);
  expect(rows.filter((folder) => ORDER.includes(folder))).toEqual(ORDER);
});
