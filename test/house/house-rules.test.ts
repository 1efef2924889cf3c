import { existsSync, readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot, type SourceFile, sourceFiles } from "./source-tree.ts";

/** Lower layers know nothing of higher ones; folders of one layer do not know each other. */
const LAYERS: Readonly<Record<string, number>> = {
  base: 0,
  config: 1,
  metrics: 1,
  protocol: 1,
  io: 1,
  log: 2,
  net: 2,
  workers: 3,
  router: 3,
  groups: 4,
  transactions: 4,
  cluster: 4,
  api: 5,
  http: 5,
  cli: 6,
};
const TOP_LAYER = 6;

/** Folders that may import `log/`: the threads that own logs, and the offline inspector's command. */
const LOG_IMPORTERS = new Set(["workers", "log", "cli"]);

/** The benches count: what only they and later issues use is alive, what only a test uses is not. */
const ENTRY_POINTS = ["src/main.ts", "src/index.ts", ...sourceFiles("bench").map(({ path }) => path)];

const LINES_MAX = 500;

interface Ban {
  readonly pattern: RegExp;
  readonly instead: string;
  readonly except?: (path: string) => boolean;
}

const inFolder =
  (...folders: string[]) =>
  (path: string): boolean =>
    folders.some((folder) => path.startsWith(`src/${folder}`));

const BANS: readonly Ban[] = [
  { pattern: /"bun:ffi"/, instead: "system calls live in src/io", except: inFolder("io/") },
  {
    pattern: /\bsocket\.end\(/,
    instead: "socket.shutdown(): end() loses bytes that were already taken",
  },
  { pattern: /\bconsole\./, instead: "the injected Logger, or stdout in src/cli", except: inFolder("cli/") },
  {
    pattern: /\bDate\.now\(|\bnew Date\(\)/,
    instead: "the injected Clock",
    except: inFolder("base/clock.ts", "cli/"),
  },
  { pattern: /\bAtomics\./, instead: "the rings and states of src/io", except: inFolder("io/") },
  { pattern: /:\s*any\b|\bas any\b|<any>/, instead: "a type, or unknown" },
  { pattern: /catch\s*(\([^)]*\))?\s*\{\s*\}/, instead: "handle the failure or let it pass" },
  {
    pattern: /\bprocess\.exit\(/,
    instead: "a returned exit code",
    except: inFolder("cli/", "main.ts", "workers/partition-worker.ts"),
  },
  {
    pattern: /from "node:fs(\/promises)?"/,
    instead: "Files of src/io",
    except: inFolder(
      "io/",
      "cluster/",
      "config/",
      "cli/",
      "workers/background-removal.ts",
      "broker",
      "index.ts",
    ),
  },
  {
    pattern: /\basync\b|\bawait\b|\bPromise\b/,
    instead: "no promises in the log",
    except: (path) => !path.startsWith("src/log/"),
  },
];

const WORDS_OF_UNFINISHED_WORK = /\bTODO\b|\bFIXME\b|\bHACK\b|\bXXX\b|@ts-ignore|@ts-nocheck/;

const source = sourceFiles("src");
const everything = [...source, ...sourceFiles("test"), ...sourceFiles("bench")];
const byPath = new Map(source.map((file) => [file.path, file]));

function folderOf(path: string): string {
  const [, folder, rest] = path.split("/");
  return rest === undefined ? "" : folder!;
}

function layerOf(path: string): number {
  const folder = folderOf(path);
  if (folder === "") return TOP_LAYER;
  const layer = LAYERS[folder];
  if (layer === undefined) throw new Error(`${path}: src/${folder} has no layer; add it to LAYERS`);
  return layer;
}

function importProblem(file: SourceFile, imported: string): string | null {
  if (!imported.startsWith("src/")) return `${file.path} imports ${imported}, outside src`;
  if (!existsSync(join(repositoryRoot, imported)))
    return `${file.path} imports ${imported}, which is not there`;
  const [from, to] = [folderOf(file.path), folderOf(imported)];
  if (from === to) return null;
  if (to === "log" && !LOG_IMPORTERS.has(from)) return `${file.path} imports ${imported}: only workers may`;
  const isLower = layerOf(imported) < layerOf(file.path) || layerOf(file.path) === TOP_LAYER;
  return isLower
    ? null
    : `${file.path} (layer ${layerOf(file.path)}) imports ${imported} (layer ${layerOf(imported)})`;
}

function reachable(): Set<string> {
  const files = new Map(everything.map((file) => [file.path, file]));
  const seen = new Set<string>();
  const queue = [...ENTRY_POINTS];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const file = files.get(path);
    if (file === undefined || seen.has(path)) continue;
    seen.add(path);
    queue.push(...file.imports);
  }
  return seen;
}

function findCycle(): string[] | null {
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (name: string): string[] | null => {
    if (done.has(name)) return null;
    const start = path.indexOf(name);
    if (start >= 0) return [...path.slice(start), name];
    path.push(name);
    for (const imported of runtimeImports(name)) {
      const cycle = visit(imported);
      if (cycle !== null) return cycle;
    }
    path.pop();
    done.add(name);
    return null;
  };
  for (const file of source) {
    const cycle = visit(file.path);
    if (cycle !== null) return cycle;
  }
  return null;
}

/** Type-only imports vanish at run time and may point back. */
function runtimeImports(path: string): string[] {
  const file = byPath.get(path);
  if (file === undefined) return [];
  const typeOnly = new Set(
    [...file.code.matchAll(/import type [^;]*?from "(\.[^"]+)"/g)].map(([, name]) =>
      join(dirname(path), name!),
    ),
  );
  return file.imports.filter((imported) => !typeOnly.has(imported));
}

describe("house rules", () => {
  test("a folder imports only lower layers or itself", () => {
    const problems = source.flatMap((file) => file.imports.map((imported) => importProblem(file, imported)));
    expect(problems.filter((problem) => problem !== null)).toEqual([]);
  });

  test("no file imports itself by a detour", () => {
    expect(findCycle()).toBeNull();
  });

  test("every source file is reachable from an entry point", () => {
    const alive = reachable();
    expect(source.map(({ path }) => path).filter((path) => !alive.has(path))).toEqual([]);
  });

  test("banned calls are not made", () => {
    const found = source.flatMap(({ path, code }) =>
      BANS.filter((ban) => ban.pattern.test(code) && !ban.except?.(path)).map(
        ({ pattern, instead }) => `${path}: ${pattern.source} is banned; use ${instead}`,
      ),
    );
    expect(found).toEqual([]);
  });

  test("nothing is left unfinished", () => {
    const found = everything.filter(
      ({ path, text }) => !path.startsWith("test/house/") && WORDS_OF_UNFINISHED_WORK.test(text),
    );
    expect(found.map(({ path }) => path)).toEqual([]);
  });

  test(`no file has more than ${LINES_MAX} lines, and names are kebab-case`, () => {
    const long = everything.filter(({ text }) => text.split("\n").length > LINES_MAX + 1);
    const misnamed = everything.filter(
      ({ path }) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.test|\.bench|\.worker)?\.ts$/.test(basename(path)),
    );
    expect([...long, ...misnamed].map(({ path }) => path)).toEqual([]);
  });

  test("every folder of src says what lives there", () => {
    const folders = readdirSync(join(repositoryRoot, "src"), { withFileTypes: true }).filter((entry) =>
      entry.isDirectory(),
    );
    const silent = folders.filter(({ name }) => !existsSync(join(repositoryRoot, "src", name, "README.md")));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test("no path of one machine stands in the tree", () => {
    const found = everything.filter(
      ({ path, text }) => !path.startsWith("test/house/") && /\/(work|root|home)\//.test(text),
    );
    expect(found.map(({ path }) => path)).toEqual([]);
  });
});
