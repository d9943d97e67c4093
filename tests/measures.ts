/**
 * Measures of the source tree that a restructuring has to bring down: names, cycles, prose, sizes. Tests are not
 * measured. ceilings.test.ts and prose.test.ts hold the values.
 *
 *     node --import tsx tests/measures.ts [--list]
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

interface Measure {
  readonly value: number;
  /** What makes up the value: files, places or names. */
  readonly offenders: readonly string[];
}

interface SourceFile {
  /** Inside the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  readonly lines: readonly string[];
}

interface Import {
  readonly from: string;
  /** Path inside the repository; the file may be missing. */
  readonly to: string;
  readonly typesOnly: boolean;
}

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Length and names are of the product; prose and cycles also of what measures it. */
const PRODUCT = ['companion', 'shared', 'plugin'];
const EVALUATION = 'evaluation';
/** Those who may import one of companion's files, tests aside. */
const IMPORTERS = [...PRODUCT, EVALUATION, 'bench', 'bin', 'tools'];

const ARCHITECTURE = /stable.diffusion|sd15|linearProjection/i;
const PARTS =
  /\b(unet|Unet[A-Z]\w*|buildUnet|textEncoder|text_encoder|ClipText\w*|vae|VaeConfig|proj_?[oO]ut\w*|ProjOut\w*)\b/;
const FAMILIES = 'companion/models/families/';
const MODELS = 'companion/models/';

/** Values of graph and value know each other's types by their nature. */
const MUTUAL_TYPES = /\/graph\/(value|graph)\.ts$/;

const FEW_LINES = 60;

const FIRST_COMMENT = /^(?:#!.*\n)?\s*(?:\/\*+|\/\/)[\s*]*(\S.*)/;
const INDIRECT = /^(What|Whether|Of|How|Where|Which|That|Why|Who)\b/;
const OF_DOCSTRING = /(\/\*\*|^\s*\*) Of /;
const INDIRECT_DOCSTRING = /^\s*\/\*\* (What|Whether|Which|How|Where) /;

const IMPORT = /^(?:import|export)\s+(?:(type)\s)?(?:([^;'"]*?)\s*from\s+)?'([^']+)'|\bimport\('([^']+)'\)/gm;
const EXPORT =
  /^export (?:default )?(?:declare )?(?:async )?(?:abstract )?(interface|type|class|function\*?|const|let|enum) +(\w+)/gm;
const EXPORT_LIST = /^export (type )?\{([^}]*)\};/gm;

/** Each measure by its name, of the tree as it lies on the disk. */
export function measureSources(root = ROOT) {
  const files = IMPORTERS.flatMap((folder) => sourcesOf(root, folder));
  const within = (...folders: string[]) =>
    files.filter(({ path }) => folders.some((folder) => path.startsWith(`${folder}/`)));
  const companion = within('companion');
  const product = within(...PRODUCT);
  const prose = within(...PRODUCT, EVALUATION);
  const code = (of: readonly SourceFile[]) => of.filter(({ path }) => /(?<!\.d)\.tsx?$/.test(path));
  const imports = files.flatMap((file) => importsOf(root, file));
  const names = exportedNames(code(product));
  const [lengths, companionLengths] = [lengthsOf(code(product)), lengthsOf(code(companion))];
  return {
    'architecture by name': paths(
      companion.filter(({ path, text }) => !path.startsWith(FAMILIES) && ARCHITECTURE.test(text)),
    ),
    'parts by name': paths(
      companion.filter(({ path, text }) => !path.startsWith(MODELS) && PARTS.test(text)),
    ),
    'import cycles': count(cyclesAmong(imports)),
    'indirect headers': count(
      prose
        .filter(({ text }) => INDIRECT.test(FIRST_COMMENT.exec(text)?.[1] ?? ''))
        .map(({ path, text }) => `${path}: ${FIRST_COMMENT.exec(text)![1]}`),
    ),
    'docstrings beginning Of': count(linesWith(prose, OF_DOCSTRING)),
    'indirect docstrings': count(linesWith(prose, INDIRECT_DOCSTRING)),
    'median lines': median(lengths),
    'longest file': longest(lengths),
    'median lines, companion': median(companionLengths),
    'longest file, companion': longest(companionLengths),
    'types of two meanings': count(twice(names.types)),
    'values of two meanings': count(twice(names.values)),
    'small files with one importer beside them': count(smallWithOneImporter(companion, imports)),
  } satisfies Readonly<Record<string, Measure>>;
}

export type MeasureName = keyof ReturnType<typeof measureSources>;

function sourcesOf(root: string, folder: string): readonly SourceFile[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => `${folder}/${name.split(sep).join('/')}`)
    .filter((path) => /\.(ts|tsx|mjs)$/.test(path) && !/\/(dist|node_modules)\//.test(path))
    .sort()
    .map((path) => {
      const text = readFileSync(join(root, path), 'utf8');
      return { path, text, lines: text.replace(/\n$/, '').split('\n') };
    });
}

function importsOf(root: string, { path, text }: SourceFile): readonly Import[] {
  return [...text.matchAll(IMPORT)]
    .map(([, type, names, target, loaded]) => ({
      target: target ?? loaded!,
      typesOnly: type !== undefined || (names !== undefined && isTypesOnly(names)),
    }))
    .filter(({ target }) => target.startsWith('.'))
    .map(({ target, typesOnly }) => {
      const to = relative(root, resolve(root, dirname(path), target));
      return { from: path, to: to.split(sep).join('/'), typesOnly };
    });
}

function isTypesOnly(names: string): boolean {
  const list = /^\{([^}]*)\}$/
    .exec(names.trim())?.[1]
    ?.split(',')
    .filter((name) => name.trim() !== '');
  return list?.every((name) => name.trim().startsWith('type ')) ?? false;
}

/** Groups of files that import each other, by way of however many (Tarjan's strongly connected components). */
function cyclesAmong(imports: readonly Import[]): readonly string[] {
  const targets = new Map<string, string[]>();
  for (const { from, to, typesOnly } of imports) {
    if (typesOnly && MUTUAL_TYPES.test(to)) continue;
    targets.set(from, [...(targets.get(from) ?? []), to]);
  }
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const open: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string) => {
    order.set(file, order.size);
    lowest.set(file, order.get(file)!);
    open.push(file);
    for (const next of targets.get(file) ?? []) {
      if (!order.has(next)) visit(next);
      if (open.includes(next)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(next)!));
    }
    if (lowest.get(file) !== order.get(file)) return;
    const group = open.splice(open.indexOf(file));
    if (group.length > 1 || targets.get(file)?.includes(file)) cycles.push(group.sort());
  };
  for (const file of targets.keys()) if (!order.has(file)) visit(file);
  return cycles.map((group) => group.join(' - '));
}

/** Each exported name with the files that define it; a class is counted as a type. Re-exports define nothing. */
function exportedNames(files: readonly SourceFile[]) {
  const types = new Map<string, Set<string>>();
  const values = new Map<string, Set<string>>();
  const add = (names: Map<string, Set<string>>, name: string, path: string) =>
    names.set(name, (names.get(name) ?? new Set()).add(path));
  for (const { path, text } of files) {
    for (const [, kind, name] of text.matchAll(EXPORT)) {
      add(['interface', 'type', 'class'].includes(kind!) ? types : values, name!, path);
    }
    for (const [, type, list] of text.matchAll(EXPORT_LIST)) {
      for (const item of list!.split(',').map((entry) => entry.trim())) {
        const isType = type !== undefined || item.startsWith('type ');
        if (item !== '') add(isType ? types : values, item.split(/\s+/).at(-1)!, path);
      }
    }
  }
  return { types, values };
}

function twice(names: ReadonlyMap<string, ReadonlySet<string>>): readonly string[] {
  return [...names]
    .filter(([, files]) => files.size > 1)
    .map(([name, files]) => `${name}: ${[...files].join(', ')}`)
    .sort();
}

/** A member of a table (`index.ts`) is a file of its own, however small. */
function smallWithOneImporter(files: readonly SourceFile[], imports: readonly Import[]): readonly string[] {
  const importers = new Map<string, Set<string>>();
  for (const { from, to } of imports) importers.set(to, (importers.get(to) ?? new Set()).add(from));
  return files
    .filter(({ lines }) => lines.length <= FEW_LINES)
    .filter(({ path }) => {
      const [only, ...others] = importers.get(path) ?? [];
      if (only === undefined || others.length > 0 || basename(only) === 'index.ts') return false;
      return dirname(only) === dirname(path);
    })
    .map(({ path, lines }) => `${path} (${lines.length}): ${[...importers.get(path)!].join()}`);
}

interface FileLength {
  readonly path: string;
  readonly lines: number;
}

/** Shortest first. */
function lengthsOf(files: readonly SourceFile[]): readonly FileLength[] {
  return files.map(({ path, lines }) => ({ path, lines: lines.length })).sort((a, b) => a.lines - b.lines);
}

function median(lengths: readonly FileLength[]): Measure {
  return { value: lengths[Math.floor(lengths.length / 2)]!.lines, offenders: [`${lengths.length} files`] };
}

function longest(lengths: readonly FileLength[]): Measure {
  const last = lengths.slice(-5).reverse();
  return { value: last[0]!.lines, offenders: last.map(({ path, lines }) => `${path}: ${lines}`) };
}

function linesWith(files: readonly SourceFile[], pattern: RegExp): readonly string[] {
  return files.flatMap(({ path, lines }) =>
    lines.flatMap((line, index) => (pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

function paths(files: readonly SourceFile[]): Measure {
  return count(files.map(({ path }) => path));
}

function count(offenders: readonly string[]): Measure {
  return { value: offenders.length, offenders };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [name, { value, offenders }] of Object.entries(measureSources())) {
    console.log(`${name.padEnd(44)}${String(value).padStart(5)}`);
    if (process.argv.includes('--list')) for (const offender of offenders) console.log(`    ${offender}`);
  }
}
