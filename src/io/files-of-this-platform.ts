import type { Files } from "./files.ts";
import { libc } from "./libc.ts";
import { LinuxFiles } from "./linux-files.ts";
import { PortableFiles } from "./portable-files.ts";

let files: Files | undefined;

/** The calling thread's files: Linux's own calls where they are there, else what runs everywhere. */
export function filesOfThisPlatform(): Files {
  if (files === undefined) {
    const native = libc();
    files = native === null ? new PortableFiles() : new LinuxFiles(native);
  }
  return files;
}

/** For the one line at start-up that says which of both serves. */
export function usesPortableFiles(): boolean {
  return libc() === null;
}
