import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export type Program = Bun.Subprocess<"pipe", "pipe", "inherit">;

/** Runs `source` as an entry file of its own in a new Bun process; `@io/` in it stands for src/io/. */
export function spawnProgram(source: string, environment: Record<string, string> = {}): Program {
  const directory = mkdtempSync(join(tmpdir(), "odradek-program-"));
  const entry = join(directory, "entry.ts");
  writeFileSync(entry, source.replaceAll("@io/", fileURLToPath(new URL("../../src/io/", import.meta.url))));
  return Bun.spawn([process.execPath, entry], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
    env: { ...process.env, ...environment },
    onExit: () => rmSync(directory, { recursive: true, force: true }),
  });
}

/** What the program prints, when it has ended by itself with code 0. */
export async function outputOf(source: string, environment: Record<string, string> = {}): Promise<string> {
  const program = spawnProgram(source, environment);
  const output = await new Response(program.stdout).text();
  const exitCode = await program.exited;
  if (exitCode !== 0) throw new Error(`the program ended with code ${exitCode}: ${output}`);
  return output.trim();
}

/** The first line that the program prints; it goes on running. */
export async function firstLineOf(program: Program): Promise<string> {
  const reader = program.stdout.getReader();
  const decoder = new TextDecoder();
  let text = "";
  while (!text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) throw new Error(`the program ended early: ${text}`);
    text += decoder.decode(value, { stream: true });
  }
  reader.releaseLock();
  return text.slice(0, text.indexOf("\n"));
}
