import { execFile } from "node:child_process";
import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";

const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;
const INSTALL_MS_MAX = 10 * 60_000;
/** Debian's servers are there, and these are not always in a user's PATH. */
const SYSTEM_FOLDERS = ["/usr/sbin", "/sbin"];

/** Path of a program in PATH or among the system's, or null. */
export function findTool(name: string): string | null {
  const path = process.env.PATH ?? "";
  const folders = path === "" ? [] : [...path.split(delimiter), ...SYSTEM_FOLDERS];
  for (const folder of folders) {
    const candidate = join(folder, name);
    if (isExecutable(candidate)) return candidate;
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error) return false;
    throw error;
  }
}

/** Runs a program to its end and gives its standard output. Rejects with what it printed when it fails. */
export async function runTool(program: string, args: readonly string[]): Promise<string> {
  const options = { maxBuffer: OUTPUT_BYTES_MAX, timeout: INSTALL_MS_MAX };
  try {
    return (await promisify(execFile)(program, [...args], options)).stdout;
  } catch (error) {
    const { stdout = "", stderr = "", message } = error as Error & { stdout?: string; stderr?: string };
    throw new Error(`${program}: ${`${stdout}${stderr}`.trim().slice(-2000) || message}`);
  }
}

/** Installs packages of a Debian system. Null when it worked, and otherwise why not. */
export async function installPackages(names: readonly string[]): Promise<string | null> {
  const aptGet = findTool("apt-get");
  if (aptGet === null) return "there is no apt-get here";
  if (process.getuid?.() !== 0) return "apt-get install needs root";
  try {
    await runTool(aptGet, ["install", "-y", "--no-install-recommends", ...names]);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Null when a program is there, installed now if that is allowed; otherwise what to do. */
export async function findOrInstall(
  program: string,
  packageName: string,
  install: boolean,
): Promise<string | null> {
  if (findTool(program) !== null) return null;
  const missing = `${program} is missing: apt-get install ${packageName}`;
  if (!install) return missing;
  const problem = await installPackages([packageName]);
  return problem === null ? null : `${missing} (${problem})`;
}
