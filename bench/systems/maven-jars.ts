import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { assert } from "../../src/base/assert.ts";
import { cacheDirectory, makeCacheDirectory } from "./cache-directory.ts";
import { findTool, runTool } from "./tools.ts";

/** A Java program from Maven, pinned by a `pom.xml` beside this file, and kept in the cache folder. */
export class MavenJars {
  readonly version: string;
  /** Holds the jars once they are installed. */
  readonly folder: string;
  readonly #pom: string;

  /** `name` is that of the folder of the pom. */
  constructor(name: string) {
    this.#pom = fileURLToPath(new URL(`./${name}/pom.xml`, import.meta.url));
    this.version = pinnedVersion(readFileSync(this.#pom, "utf8"));
    this.folder = join(cacheDirectory(), `${name}-${this.version}`);
  }

  get isInstalled(): boolean {
    return existsSync(this.folder);
  }

  /** For `java -cp`, which finds the jars itself. */
  get classPath(): string {
    return join(this.folder, "*");
  }

  /**
   * What keeps it from being run, or null. Installs it when that is allowed: the folder appears whole or not at all.
   */
  async problem({ install }: { readonly install: boolean }): Promise<string | null> {
    if (findTool("java") === null) return "java is missing: apt-get install openjdk-17-jre-headless";
    if (this.isInstalled) return null;
    const maven = findTool("mvn");
    if (maven === null) return "its jars are not installed, and mvn is missing: apt-get install maven";
    if (!install) return `its jars are not in ${this.folder}: run the suite without --no-install`;
    makeCacheDirectory();
    const unfinished = mkdtempSync(join(cacheDirectory(), "unfinished-"));
    const goal = [
      "dependency:copy-dependencies",
      `-DoutputDirectory=${unfinished}`,
      "-DincludeScope=runtime",
    ];
    try {
      await runTool(maven, ["-q", "-B", "-f", this.#pom, ...goal]);
      renameSync(unfinished, this.folder);
      return null;
    } catch (error) {
      return `Maven cannot fetch it: ${(error as Error).message}`;
    } finally {
      rmSync(unfinished, { recursive: true, force: true });
    }
  }
}

/** Version of the only dependency. */
function pinnedVersion(pom: string): string {
  const version = /<dependency>[\s\S]*?<version>([^<]+)<\/version>/.exec(pom)?.[1];
  assert(version !== undefined, "the pom pins a version");
  return version;
}
