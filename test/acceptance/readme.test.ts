import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { repositoryRoot } from "../house/source-tree.ts";
import { type BrokerProcess, startBrokerProcess } from "../support/broker-process.ts";
import { canUse } from "../support/commands.ts";
import { temporaryDirectory } from "../support/temporary-directory.ts";

const readme = readFileSync(join(repositoryRoot, "README.md"), "utf8");
/** The README's commands take the broker at its default address. */
const README_PORT = 9092;

function blocks(language: string): string[] {
  return Array.from(
    readme.matchAll(new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``, "g")),
    ([, code]) => code!,
  );
}

function run(command: string): { status: number | null; stdout: string } {
  const { status, stdout, stderr } = spawnSync("sh", ["-c", command], {
    cwd: repositoryRoot,
    encoding: "utf8",
    timeout: 60_000,
  });
  return { status, stdout: stdout + (status === 0 ? "" : stderr) };
}

/** TypeScript of the README, run from inside the package so that its own name resolves. */
function runSnippet(code: string, index: number): { status: number | null; stdout: string } {
  const file = join(repositoryRoot, `readme-snippet-${process.pid}-${index}.ts`);
  writeFileSync(file, code);
  try {
    return run(`"${process.execPath}" "${file}"`);
  } finally {
    rmSync(file);
  }
}

describe.skipIf(!canUse("kcat"))("README.md", () => {
  test("every command and every snippet does what it says", { timeout: 300_000 }, async () => {
    const dataDir = join(temporaryDirectory(), "data");
    const broker: BrokerProcess = await startBrokerProcess({ dataDir, port: README_PORT });
    try {
      const commands = blocks("sh")
        .flatMap((block) => block.trim().split("\n"))
        // Installing and starting are what CI itself and the boot test do.
        .filter((line) => !/^npm |odradek start/.test(line));
      expect(commands.length).toBeGreaterThan(5);
      for (const command of commands) {
        const { status, stdout } = run(command.replace(" odradek-data/", ` ${dataDir}/`));
        expect({ command, status, stdout }).toMatchObject({ status: 0 });
        if (/kcat -C|consume/.test(command)) expect(stdout).toContain("hello");
      }
      for (const [index, code] of blocks("ts").entries()) {
        expect({ code, ...runSnippet(code, index) }).toMatchObject({ status: 0 });
      }
    } finally {
      await broker.stop();
    }
  });

  test("the flags of its start commands are accepted", () => {
    const flags = blocks("sh")
      .flatMap((block) => block.trim().split("\n"))
      .filter((line) => line.includes("odradek start"))
      .map((line) =>
        line.replace("odradek start", "odradek config show").replace("--config broker.properties ", ""),
      );
    expect(flags.length).toBeGreaterThan(1);
    for (const command of flags) expect({ command, ...run(command) }).toMatchObject({ status: 0 });
  });
});
