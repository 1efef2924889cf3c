import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { FileDescriptor } from "../../src/base/units.ts";
import { syncInBackground } from "../../src/io/async-sync.ts";
import { closeDescriptor } from "../../src/io/close-descriptor.ts";
import { temporaryDirectories } from "./temporary-directory.ts";

const directory = temporaryDirectories();

test("syncInBackground() resolves to null after the bytes are synced, and lets the thread write meanwhile", async () => {
  const fd = openSync(join(directory(), "a.log"), "w") as FileDescriptor;
  writeSync(fd, new Uint8Array(1 << 20));
  const sync = syncInBackground(fd);
  writeSync(fd, new Uint8Array(1 << 20));
  expect(await sync).toBeNull();
  closeSync(fd);
});

test("syncInBackground() resolves to the code of a failure instead of rejecting", async () => {
  expect(await syncInBackground(999_999 as FileDescriptor)).toBe("EBADF");
  const pipeLike = openSync("/dev/null", "w") as FileDescriptor;
  expect(await syncInBackground(pipeLike)).toBe("EINVAL");
  closeSync(pipeLike);
});

test("closeDescriptor() closes once and answers with the code after that", () => {
  const fd = openSync(join(directory(), "a.log"), "w") as FileDescriptor;
  expect(closeDescriptor(fd)).toBeNull();
  expect(closeDescriptor(fd)).toBe("EBADF");
});
