import { createHash } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheDirectory, makeCacheDirectory } from "../systems/cache-directory.ts";
import { findTool, installPackages, runTool } from "../systems/tools.ts";

/** Where Debian's librdkafka-dev puts the program's source. */
const SOURCE = "/usr/share/doc/librdkafka-dev/examples/rdkafka_performance.c";
const HEADER = "/usr/include/librdkafka/rdkafka.h";
const PACKAGES = ["librdkafka-dev", "gcc", "libc6-dev"];
const STAND_INS = ["rd.h", "rdtime.h"];

/** The program, or why there is none. */
export type LibrdkafkaProgram = { readonly path: string } | { readonly problem: string };

/**
 * Builds librdkafka's `rdkafka_performance` from the installed package's example, once: its source wants two private
 * headers of the library, for which there are stand-ins in `librdkafka/`. The program is kept in the cache folder.
 */
export async function buildLibrdkafkaProgram(install: boolean): Promise<LibrdkafkaProgram> {
  const missing = missingParts();
  if (missing.length > 0) {
    const problem = `${missing.join(" and ")} missing: apt-get install ${PACKAGES.join(" ")}`;
    if (!install) return { problem };
    const failure = await installPackages(PACKAGES);
    if (failure !== null) return { problem: `${problem} (${failure})` };
    const still = missingParts();
    if (still.length > 0) return { problem: `${still.join(" and ")} missing in spite of the packages` };
  }
  const source = adapt(readFileSync(SOURCE, "utf8"));
  const standIns = STAND_INS.map((name) => fileURLToPath(new URL(`./librdkafka/${name}`, import.meta.url)));
  const path = join(cacheDirectory(), `rdkafka_performance-${digestOf(source, standIns)}`);
  if (existsSync(path)) return { path };
  try {
    await compile(source, standIns, path);
    return { path };
  } catch (error) {
    return { problem: `it does not compile: ${(error as Error).message}` };
  }
}

function missingParts(): string[] {
  return [
    ...(findTool("gcc") === null ? ["gcc is"] : []),
    ...(existsSync(HEADER) ? [] : [`${HEADER} is`]),
    ...(existsSync(SOURCE) ? [] : [`${SOURCE} is`]),
  ];
}

/** Includes as a program outside of the library's tree has them. */
function adapt(source: string): string {
  return source
    .replace('#include "../src/rd.h"', '#include "rd.h"')
    .replace('#include "rdkafka.h"', "#include <librdkafka/rdkafka.h>");
}

function digestOf(source: string, standIns: readonly string[]): string {
  const hash = createHash("sha256").update(source);
  for (const path of standIns) hash.update(readFileSync(path));
  return hash.digest("hex").slice(0, 12);
}

async function compile(source: string, standIns: readonly string[], path: string): Promise<void> {
  makeCacheDirectory();
  const folder = mkdtempSync(join(cacheDirectory(), "unfinished-"));
  try {
    for (const standIn of standIns)
      copyFileSync(standIn, join(folder, standIn.slice(standIn.lastIndexOf("/"))));
    const main = join(folder, "rdkafka_performance.c");
    const program = join(folder, "rdkafka_performance");
    writeFileSync(main, source);
    const libraries = ["-lrdkafka", "-lm", "-lpthread"];
    await runTool(findTool("gcc")!, ["-O2", "-w", `-I${folder}`, "-o", program, main, ...libraries]);
    renameSync(program, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
