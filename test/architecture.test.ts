// The one-way rule: which folder of src may import which. This table is the architecture; ARCHITECTURE.md shows it.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { parseSync } from 'vite';
import { describe, expect, it } from 'vitest';

const ENGINE = [
  'util',
  'protocol',
  'formats',
  'tokenizers',
  'data',
  'storage',
  'gpu',
  'kernels',
  'nn',
  'models',
  'optim',
  'trainer',
];

const MAY_IMPORT: Record<string, readonly string[]> = {
  util: [],
  protocol: ['util'],
  formats: ['util'],
  tokenizers: ['util', 'formats'],
  data: ['util', 'protocol', 'formats', 'tokenizers'],
  storage: ['util', 'protocol', 'formats'],
  hub: ['util', 'formats'],
  gpu: ['util'],
  kernels: ['util', 'gpu'],
  nn: ['util', 'gpu', 'kernels'],
  models: ['util', 'formats', 'nn', 'kernels'],
  optim: ['util', 'gpu', 'kernels', 'nn'],
  trainer: ['util', 'protocol', 'data', 'storage', 'nn', 'optim'],
  worker: [...ENGINE, 'hub'],
  headless: [...ENGINE, 'worker'],
  client: ['util', 'protocol', 'formats', 'storage'],
  ui: ['util', 'protocol', 'client'],
};

/** The trainer sees storage through its interface alone. */
const STORAGE_INTERFACE = 'storage/checkpoint-store.ts';
/** Packages that only one folder may touch. */
const PACKAGE_HOME: readonly [pattern: RegExp, folders: readonly string[]][] = [
  [/^@tensorflow\/tfjs-backend-webgpu/, ['gpu']],
  [/^@tensorflow\//, ['gpu', 'kernels', 'nn', 'models', 'optim']],
  [/^(react|react-dom|@mantine\/|recharts|wouter)/, ['ui']],
  [/^@huggingface\/hub$/, ['hub']],
  [/^@noble\/hashes\//, ['hub']],
  [/^idb$/, ['storage']],
  [/^node:/, ['headless']],
];

const src = resolve(import.meta.dirname, '../src');

interface Edge {
  readonly from: string;
  readonly to: string;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith('.d.ts'))
    .map((path) => path.replaceAll('\\', '/'));
}

function importsOf(path: string, code: string): string[] {
  const { module } = parseSync(path, code);
  const statics = module.staticImports.map((found) => found.moduleRequest.value);
  const reexports = module.staticExports.flatMap((found) =>
    found.entries.flatMap((entry) => entry.moduleRequest?.value ?? []),
  );
  const dynamics = module.dynamicImports.flatMap((found) => {
    const text = code.slice(found.moduleRequest.start, found.moduleRequest.end);
    return /^['"]/.test(text) ? [text.slice(1, -1)] : [];
  });
  return [...statics, ...reexports, ...dynamics];
}

/** Path inside src of a `#folder/file` or relative specifier; null for packages. */
function resolveInside(from: string, specifier: string): string | null {
  const bare = specifier.replace(/\?.*$/, '');
  if (bare.startsWith('#')) return bare.slice(1);
  if (bare.startsWith('.')) return relative(src, join(src, dirname(from), bare)).replaceAll('\\', '/');
  return null;
}

const folderOf = (path: string): string => path.split('/')[0]!;

function violation({ from, to }: Edge): string | null {
  const folder = folderOf(from);
  const allowed = MAY_IMPORT[folder];
  if (!allowed) return `${from}: folder ${folder} is not in the table`;
  const inside = resolveInside(from, to);
  if (inside === null) {
    const home = PACKAGE_HOME.find(([pattern]) => pattern.test(to));
    return home && !home[1].includes(folder) ? `${from}: ${to} belongs to ${home[1].join(', ')}` : null;
  }
  const target = folderOf(inside);
  if (target === folder) return uiViolation(from, inside);
  if (!allowed.includes(target)) return `${from} → ${inside}: ${folder} may not import ${target}`;
  if (folder === 'trainer' && target === 'storage' && inside !== STORAGE_INTERFACE)
    return `${from} → ${inside}: only the interface`;
  return null;
}

/** Inside ui: app → features → components; no feature imports another. */
function uiViolation(from: string, to: string): string | null {
  if (folderOf(from) !== 'ui') return null;
  const [, layer, feature] = from.split('/');
  const [, targetLayer, targetFeature] = to.split('/');
  if (layer === 'features' && targetLayer === 'features' && feature !== targetFeature)
    return `${from} → ${to}: across features`;
  if (layer === 'features' && targetLayer === 'app') return `${from} → ${to}: a feature may not import the app`;
  if (layer === 'components' && (targetLayer === 'features' || targetLayer === 'app'))
    return `${from} → ${to}: a component is below`;
  return null;
}

function allEdges(): Edge[] {
  return sourceFiles(src)
    .filter((from) => from.includes('/'))
    .flatMap((from) => importsOf(from, readFileSync(join(src, from), 'utf8')).map((to) => ({ from, to })));
}

function findCycle(edges: readonly Edge[]): string[] | null {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) {
    const inside = resolveInside(from, to);
    if (inside !== null && /\.tsx?$/.test(inside)) next.set(from, [...(next.get(from) ?? []), inside]);
  }
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (done.has(file)) return null;
    path.push(file);
    for (const target of next.get(file) ?? []) {
      const cycle = visit(target);
      if (cycle) return cycle;
    }
    path.pop();
    done.add(file);
    return null;
  };
  for (const file of next.keys()) {
    const cycle = visit(file);
    if (cycle) return cycle;
  }
  return null;
}

describe('architecture', () => {
  const edges = allEdges();

  it('reads the sources', () => {
    expect(edges.length).toBeGreaterThan(100);
    expect(Object.keys(MAY_IMPORT).sort()).toEqual(
      readdirSync(src, { withFileTypes: true })
        .filter((e) => e.isDirectory())
        .map((e) => e.name)
        .sort(),
    );
  });

  it('is what ARCHITECTURE.md says', () => {
    const page = readFileSync(join(src, '../ARCHITECTURE.md'), 'utf8');
    const section = page.split('\n## Folders\n')[1]!.split('\n## ')[0]!;
    const rows = [...section.matchAll(/^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$/gm)];
    const table = rows.map(([, folder, allowed]) => [folder!, allowed === '–' ? [] : allowed!.split(', ')]);
    expect(Object.fromEntries(table)).toEqual(MAY_IMPORT);
  });

  it('imports only downwards', () => {
    expect(edges.map(violation).filter((found) => found !== null)).toEqual([]);
  });

  it('has no import cycles', () => {
    expect(findCycle(edges)).toBeNull();
  });

  it('notices planted bad edges', () => {
    const planted: Edge[] = [
      { from: 'kernels/linear/linear.ts', to: '#trainer/trainer.ts' },
      { from: 'trainer/trainer.ts', to: '#storage/idb-checkpoint-store.ts' },
      { from: 'trainer/trainer.ts', to: '#models/bert/modeling.ts' },
      { from: 'client/client.ts', to: '../worker/main.ts' },
      { from: 'ui/features/run/run.tsx', to: '../data/data.tsx' },
      { from: 'trainer/trainer.ts', to: '@tensorflow/tfjs' },
      { from: 'data/collator.ts', to: 'react' },
      { from: 'worker/hub-push.ts', to: '@huggingface/hub' },
      { from: 'headless/main.ts', to: '#hub/index.ts' },
      { from: 'nowhere/x.ts', to: '#util/crc32.ts' },
    ];
    expect(planted.filter((edge) => violation(edge) === null)).toEqual([]);
    expect(
      findCycle([
        { from: 'a/a.ts', to: './b.ts' },
        { from: 'a/b.ts', to: './a.ts' },
      ]),
    ).not.toBeNull();
    expect(
      importsOf('x.ts', "import type { A } from '#trainer/a.ts'; export { b } from './b.ts'; await import('./c.ts')"),
    ).toEqual(['#trainer/a.ts', './b.ts', './c.ts']);
  });
});
