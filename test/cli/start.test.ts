import { EventEmitter } from "node:events";
import { expect, test } from "vitest";
import { fail, ok } from "../../src/base/result.ts";
import { type BootFacts, bootReport, bootReportJson } from "../../src/cli/boot-report.ts";
import { runStart, type StartBroker, type StartOptions } from "../../src/cli/start.ts";
import { VERSION } from "../../src/cli/version.ts";
import { keptIo } from "./cli-harness.ts";

const facts: BootFacts = {
  version: "1.2.3",
  dataDir: "/data",
  clusterId: "cluster",
  nodeId: 1,
  writeCaching: false,
  bound: { host: "0.0.0.0", port: 9092 },
  advertised: null,
  startedInMs: 41.6,
};

class FakeSignals extends EventEmitter {
  readonly exits: number[] = [];
  exit(code: number): void {
    this.exits.push(code);
  }
}

/** A broker that stops when it is told so and `mayStop` has resolved. */
function fakeBroker() {
  const mayStop = Promise.withResolvers<void>();
  const stops: number[] = [];
  const start: StartBroker = async ({ config }) =>
    ok({
      address: { host: config.host, port: 4242 },
      clusterId: "cluster",
      stop: () => {
        stops.push(1);
        return mayStop.promise;
      },
    });
  return { start, stops, mayStop };
}

const options: StartOptions = { logLevel: "info" };

/** Runs the command until its report is there. */
async function started(isTTY: boolean, extra: Partial<StartOptions> = {}) {
  const { io, stdout, stderr } = keptIo({ isTTY });
  const signals = new FakeSignals();
  const broker = fakeBroker();
  const reported = new Promise((resolve) => stdout.once("written", resolve));
  const time = { nowMs: 0 };
  const clock = { wallMs: () => time.nowMs, monotonicMs: () => time.nowMs };
  const done = runStart({ ...options, ...extra }, io, broker.start, signals, clock);
  await reported;
  return { stdout, stderr, signals, broker, time, done };
}

async function stop({ signals, broker, done }: Awaited<ReturnType<typeof started>>): Promise<void> {
  signals.emit("SIGTERM");
  broker.mayStop.resolve();
  await done;
}

test("the report has at most eight lines, with the address and a command to paste", async () => {
  const run = await started(true);
  const lines = run.stdout.text.trimEnd().split("\n");
  expect(lines.length).toBeLessThanOrEqual(8);
  expect(lines[0]).toContain(`odradek ${VERSION}, ready in `);
  expect(run.stdout.text).toContain("listening   127.0.0.1:4242");
  expect(run.stdout.text).toContain("echo hello | npx odradek produce greetings -b 127.0.0.1:4242");
  expect(run.stdout.text).toContain("acks=all waits for fdatasync");
  await stop(run);
});

test("with --format json the report is one line, also on a terminal", async () => {
  const run = await started(true, { format: "json" });
  expect(JSON.parse(run.stdout.text)).toMatchObject({
    event: "broker-started",
    bootstrapServers: "127.0.0.1:4242",
    port: 4242,
  });
  await stop(run);
});

test("what is listened on everywhere is connected to on this machine, and warned about", async () => {
  expect(bootReport(facts)).toContain("bootstrap.servers=127.0.0.1:9092");
  expect(bootReport({ ...facts, advertised: { host: "kafka", port: 1 } })).toContain(
    "bootstrap.servers=kafka:1",
  );
  expect(bootReport({ ...facts, writeCaching: true })).toContain("a power loss may take records");
  expect(JSON.parse(bootReportJson(facts)).bootstrapServers).toBe("127.0.0.1:9092");
  const run = await started(false, { listen: { host: "0.0.0.0", port: 0 } });
  expect(run.stderr.text).toContain("wildcard-listener");
  await stop(run);
});

test.each(["SIGTERM", "SIGINT"])(
  "%s drains once, and the command ends when the broker has",
  async (signal) => {
    const { signals, broker, done, stderr } = await started(false);
    signals.emit(signal);
    expect(broker.stops).toHaveLength(1);
    broker.mayStop.resolve();
    await done;
    expect(stderr.text).toContain("broker-stopped");
    expect(signals.exits).toEqual([]);
    expect(signals.listenerCount(signal)).toBe(0);
  },
);

test("a second signal ends the process at once", async () => {
  const run = await started(false);
  run.signals.emit("SIGINT");
  run.time.nowMs = 500;
  run.signals.emit("SIGTERM");
  expect(run.broker.stops).toHaveLength(1);
  expect(run.signals.exits).toEqual([1]);
  run.broker.mayStop.resolve();
  await run.done;
});

test("a signal that comes by two ways is one", async () => {
  const run = await started(false);
  run.signals.emit("SIGTERM");
  run.time.nowMs = 499;
  run.signals.emit("SIGTERM");
  expect(run.signals.exits).toEqual([]);
  run.broker.mayStop.resolve();
  await run.done;
});

test("a broker that does not start is an error with its exit code", async () => {
  const { io, stdout } = keptIo();
  const refuse: StartBroker = async () => fail({ message: "port 1 is taken", exitCode: 1 });
  await expect(runStart(options, io, refuse, new FakeSignals())).rejects.toMatchObject({
    name: "CliError",
    message: "port 1 is taken",
    exitCode: 1,
  });
  expect(stdout.text).toBe("");
});
