import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { cli } from "./cli-harness.ts";

let directory: string;
let file: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "odradek-cli-"));
  file = join(directory, "server.properties");
});
afterEach(() => rm(directory, { recursive: true }));

const show = (words: readonly string[], env: Record<string, string> = {}) =>
  cli(["config", "show", ...words], { env });

test("shows every setting with its value", async () => {
  const { code, stdout } = await show(["--listen", "0.0.0.0:0"]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^SETTING +VALUE\n/);
  expect(stdout).toMatch(/^listeners +PLAINTEXT:\/\/0\.0\.0\.0:0$/m);
  expect(stdout).toMatch(/^num\.partitions +1$/m);
});

test("--origin names file and line, variable, flag, and what was written", async () => {
  await writeFile(file, "# mine\nlog.retention.hours=1\nzookeeper.connect=x\n");
  const words = ["--origin", "-c", file, "-X", "num.partitions=3", "-d", "/data"];
  const { code, stdout, stderr } = await show(words, { ODRADEK_NODE_ID: "7" });
  expect(code).toBe(0);
  const lines = stdout.split("\n").map((line) => line.replace(/ +/g, " "));
  expect(lines).toContain(`log.retention.ms 3600000 ${file}:2 (log.retention.hours=1)`);
  expect(lines).toContain("node.id 7 environment ODRADEK_NODE_ID");
  expect(lines).toContain("num.partitions 3 flag -X num.partitions");
  expect(lines).toContain("log.dirs /data flag --data-dir");
  expect(lines).toContain("log.segment.bytes 1073741824 default");
  expect(stderr).toBe("odradek: settings of Kafka that have no effect here: zookeeper.connect\n");
});

test("--format json is for machines", async () => {
  const { stdout } = await show(["--format", "json", "-X", "num.partitions=3"]);
  const settings = JSON.parse(stdout) as { name: string }[];
  expect(settings.find((setting) => setting.name === "num.partitions")).toEqual({
    name: "num.partitions",
    value: "3",
    default: "1",
    unit: "count",
    origin: { kind: "flag", flag: "-X num.partitions" },
    help: expect.any(String),
  });
});

test("--data-dir and --listen win over -X", async () => {
  const { stdout } = await show([
    "-l",
    "9",
    "-X",
    "listeners=PLAINTEXT://:8",
    "-d",
    "/a",
    "-X",
    "log.dirs=/b",
  ]);
  expect(stdout).toMatch(/^listeners +PLAINTEXT:\/\/127\.0\.0\.1:9$/m);
  expect(stdout).toMatch(/^log\.dirs +\/a$/m);
});

test.each([
  [
    ["-X", "log.retenton.ms=1"],
    "unknown setting log.retenton.ms (flag -X log.retenton.ms): did you mean log.retention.ms?",
  ],
  [["-X", "num.partitions=0"], "num.partitions=0 must be at least 1 (flag -X num.partitions)"],
  [
    ["-X", "nonsense"],
    "option '-X, --set <key=value>' argument 'nonsense' is invalid. It must look like key=value.",
  ],
  [
    ["-l", "nowhere"],
    "option '-l, --listen <host:port>' argument 'nowhere' is invalid. It must look like host:port or port",
  ],
  [["-c", "/does/not/exist"], "the configuration /does/not/exist cannot be read: there is no such file"],
  [["-c", "/"], "the configuration / cannot be read: it is a directory"],
  [["--nonsense"], "unknown option '--nonsense'"],
])("%j is a usage error of one line", async (words, message) => {
  const { code, stdout, stderr } = await show(words);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toContain(`odradek: ${message}`);
  expect(stderr.trimEnd().split("\n")).toHaveLength(1);
});

test("a mistyped variable of the environment is an error", async () => {
  const { code, stderr } = await show([], { ODRADEK_NUM_PARTITION: "1", OTHER: "x" });
  expect(code).toBe(2);
  expect(stderr).toContain("did you mean ODRADEK_NUM_PARTITIONS?");
});

test("several mistakes are several lines", async () => {
  const { stderr } = await show(["-X", "num.partitions=0", "-X", "node.id=x"]);
  expect(stderr.trimEnd().split("\n")).toHaveLength(2);
});
