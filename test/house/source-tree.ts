import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

export const repositoryRoot = resolve(import.meta.dirname, "../..");

export interface SourceFile {
  /** Relative to the repository, with `/`. */
  readonly path: string;
  readonly text: string;
  /** `text` without comments and with the contents of strings kept. */
  readonly code: string;
  /** Relative imports, resolved to repository paths; type-only imports included. */
  readonly imports: readonly string[];
  /** Packages and runtime modules. */
  readonly packages: readonly string[];
}

/** Every TypeScript file below a folder of the repository. */
export function sourceFiles(folder: string): SourceFile[] {
  return readdirSync(join(repositoryRoot, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => load(join(folder, name)));
}

function load(path: string): SourceFile {
  const text = readFileSync(join(repositoryRoot, path), "utf8");
  const code = withoutComments(text);
  const imports: string[] = [];
  const packages: string[] = [];
  for (const [, quoted] of code.matchAll(/(?:from|import|import\(|require\(|new URL\()\s*"([^"]+)"/g)) {
    const specifier = quoted!;
    if (!specifier.startsWith(".")) packages.push(specifier);
    else imports.push(relative(repositoryRoot, join(repositoryRoot, dirname(path), specifier)));
  }
  return { path, text, code, imports, packages };
}

function withoutComments(text: string): string {
  return text.replace(/"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g, (match) =>
    match.startsWith("/") ? match.replace(/[^\n]/g, " ") : match,
  );
}
