import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FileDescriptor, FilePosition } from "../../src/base/units.ts";
import { readThroughInBackground } from "../../src/io/async-read.ts";
import { filesOfThisPlatform } from "../../src/io/files-of-this-platform.ts";
import { temporaryDirectories } from "./temporary-directory.ts";

const directory = temporaryDirectories();
const START = 0 as FilePosition;

test("readThroughInBackground() brings a dropped range into the page cache, and stops where the file ends", async () => {
  const files = filesOfThisPlatform();
  const bytes = 3 * 1024 * 1024 + 17;
  const fd = files.open(join(directory(), "cold.log"), "create");
  files.write(fd, new Uint8Array(bytes).fill(7), 0, bytes, START);
  files.sync(fd);
  files.dropCached(fd, START, bytes);
  expect(await readThroughInBackground(fd, START, bytes + 5_000_000)).toBeNull();
  // 0 where it cannot be told.
  expect([0, bytes]).toContain(files.residentBytes(fd, START, bytes));
  files.close(fd);
});

test("readThroughInBackground() resolves to the code of a failure instead of rejecting", async () => {
  expect(await readThroughInBackground(999_999 as FileDescriptor, START, 10)).toBe("EBADF");
  const writeOnly = await open(join(directory(), "written"), constants.O_WRONLY | constants.O_CREAT);
  expect(await readThroughInBackground(writeOnly.fd as FileDescriptor, START, 10)).toBe("EBADF");
  await writeOnly.close();
});
