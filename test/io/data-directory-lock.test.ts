import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { firstLineOf, outputOf, spawnProgram } from "./subprocess.ts";
import { temporaryDirectories } from "./temporary-directory.ts";

const directory = temporaryDirectories();
const children: Bun.Subprocess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
    await child.exited;
  }
});

/** Each program locks DIRECTORY first, and prints "ok" or the failure. */
const LOCK = `
  import { lockDataDirectory } from "@io/data-directory-lock.ts";
  const describe = (lock) => (lock.ok ? "ok" : lock.error.code + " " + lock.error.message);
  const lock = lockDataDirectory(process.env.DIRECTORY);
  console.log(describe(lock));
`;
const LOCK_AND_STAY = `${LOCK} setInterval(() => undefined, 1000);`;

describe.each([
  ["natively", "0"],
  ["portably", "1"],
])("a data directory locked %s", (_way, portable) => {
  const environment = (path: string): Record<string, string> => ({
    DIRECTORY: path,
    ODRADEK_PORTABLE_IO: portable,
  });

  test("is refused to a second process, by name, until the first is killed", async () => {
    const path = directory();
    const holder = spawnProgram(LOCK_AND_STAY, environment(path));
    children.push(holder);
    expect(await firstLineOf(holder)).toBe("ok");

    const refused = await outputOf(LOCK, environment(path));
    expect(refused).toMatch(/^HELD /);
    expect(refused).toContain(path);
    if (portable === "0" && process.platform === "linux") expect(refused).toContain(`process ${holder.pid}`);

    holder.kill("SIGKILL");
    await holder.exited;
    expect(await outputOf(LOCK, environment(path))).toBe("ok");
  });

  test("is refused within the same process too, until it is released", async () => {
    const output = await outputOf(
      `${LOCK}
       console.log(describe(lockDataDirectory(process.env.DIRECTORY)));
       Bun.gc(true);
       console.log(describe(lockDataDirectory(process.env.DIRECTORY)));
       lock.value.release();
       console.log(describe(lockDataDirectory(process.env.DIRECTORY)));`,
      environment(directory()),
    );
    expect(output.split("\n").map((line) => line.split(" ")[0])).toEqual(["ok", "HELD", "HELD", "ok"]);
  });

  test("is not kept locked by child processes of the holder", async () => {
    const path = directory();
    const output = await outputOf(
      `${LOCK}
       const child = Bun.spawn(["sleep", "60"]);
       lock.value.release();
       console.log(describe(lockDataDirectory(process.env.DIRECTORY)));
       child.kill();`,
      environment(path),
    );
    expect(output.split("\n")).toEqual(["ok", "ok"]);
  });

  test("that does not exist is a failure with a code, not an exception", async () => {
    const output = await outputOf(LOCK, environment(join(directory(), "missing")));
    expect(output).toMatch(/^(ENOENT|SQLITE_CANTOPEN) The data directory .* cannot be locked/);
  });
});
