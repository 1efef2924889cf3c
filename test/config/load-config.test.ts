import { availableParallelism } from "node:os";
import { expect, test } from "vitest";
import type { BrokerConfig } from "../../src/config/broker-config.ts";
import { defaultPartitionWorkers } from "../../src/config/broker-settings.ts";
import { type ConfigSources, loadConfig } from "../../src/config/load-config.ts";

function loaded(sources: ConfigSources): BrokerConfig {
  const result = loadConfig(sources);
  if (!result.ok) throw new Error(result.error.map((error) => error.message).join("\n"));
  return result.value;
}

function refused(sources: ConfigSources): string[] {
  const result = loadConfig(sources);
  if (result.ok) throw new Error("expected the configuration to be refused");
  return result.error.map((error) => error.message);
}

const file = (text: string) => ({ file: { path: "server.properties", text } });

test("without sources, every setting has its default", () => {
  const config = loaded({});
  expect(config).toMatchObject({
    nodeId: 1,
    rack: null,
    host: "127.0.0.1",
    port: 9092,
    advertisedListeners: null,
    numPartitions: 1,
    partitionWorkersMax: defaultPartitionWorkers(availableParallelism()),
    partitionArenaBytes: 8 * 1024 * 1024,
    messageMaxBytes: 1024 * 1024 + 12,
    socketRequestMaxBytes: 100 * 1024 * 1024,
    queuedMaxRequestBytes: 256 * 1024 * 1024,
    logFlushOffsetCheckpointIntervalMs: 5000,
    warnings: [],
  });
  expect(config.topicDefaults).toEqual({
    segmentBytes: 1024 ** 3,
    segmentMs: 604_800_000,
    retentionMs: 604_800_000,
    retentionBytes: -1,
    indexIntervalBytes: 4096,
    segmentIndexBytes: 10 * 1024 * 1024,
    maxMessageBytes: 1024 * 1024 + 12,
    messageTimestampType: "CreateTime",
    messageTimestampBeforeMaxMs: Number.MAX_SAFE_INTEGER,
    messageTimestampAfterMaxMs: 3_600_000,
    fileDeleteDelayMs: 60_000,
    writeCaching: false,
    minInsyncReplicas: 1,
  });
});

test("the configuration cannot be changed after it is loaded", () => {
  const config = loaded({});
  expect(Object.isFrozen(config)).toBe(true);
  expect(Object.isFrozen(config.topicDefaults)).toBe(true);
});

test("a flag wins over the environment, which wins over the file", () => {
  const sources = { ...file("num.partitions=2"), env: { ODRADEK_NUM_PARTITIONS: "3" } };
  expect(loaded(file("num.partitions=2")).numPartitions).toBe(2);
  expect(loaded(sources).numPartitions).toBe(3);
  expect(loaded({ ...sources, overrides: { "num.partitions": "4" } }).numPartitions).toBe(4);
});

test("the last of two lines of a file wins", () => {
  expect(loaded(file("num.partitions=2\nnum.partitions=5")).numPartitions).toBe(5);
});

test("every value knows where it came from", () => {
  const config = loaded({
    ...file("\nnum.partitions=2"),
    env: { ODRADEK_NODE_ID: "7" },
    overrides: [{ name: "listeners", text: "PLAINTEXT://:9", flag: "--listen" }],
  });
  const origin = (name: string) => config.settings.get(name)!.resolved.origin;
  expect(origin("num.partitions")).toEqual({ kind: "file", path: "server.properties", line: 2 });
  expect(origin("node.id")).toEqual({ kind: "environment", variable: "ODRADEK_NODE_ID" });
  expect(origin("listeners")).toEqual({ kind: "flag", flag: "--listen" });
  expect(origin("log.retention.ms")).toEqual({ kind: "default" });
});

test("retention and roll are read in hours and minutes, and ms comes first within one source", () => {
  expect(loaded(file("log.retention.hours=2")).topicDefaults.retentionMs).toBe(7_200_000);
  expect(loaded(file("log.retention.minutes=2")).topicDefaults.retentionMs).toBe(120_000);
  expect(loaded(file("log.roll.hours=1")).topicDefaults.segmentMs).toBe(3_600_000);
  const all = "log.retention.ms=5\nlog.retention.minutes=2\nlog.retention.hours=2";
  expect(loaded(file(all)).topicDefaults.retentionMs).toBe(5);
});

test("an alias in a stronger source wins over the setting's own name in a weaker one", () => {
  const config = loaded({ ...file("log.retention.ms=5"), overrides: { "log.retention.hours": "1" } });
  expect(config.topicDefaults.retentionMs).toBe(3_600_000);
});

test("negative hours mean no limit, and hours beyond int64 saturate", () => {
  expect(loaded(file("log.retention.hours=-1")).topicDefaults.retentionMs).toBe(-1);
  const many = loaded(file("log.retention.hours=9223372036854775807"));
  expect(many.topicDefaults.retentionMs).toBe(Number.MAX_SAFE_INTEGER);
});

test("broker.id and log.dir are read as node.id and log.dirs", () => {
  expect(loaded(file("broker.id=9\nlog.dir=/var/lib/odradek"))).toMatchObject({
    nodeId: 9,
    dataDir: "/var/lib/odradek",
  });
});

test.each([
  ["PLAINTEXT://broker.example:9093", "broker.example", 9093],
  ["PLAINTEXT://:9092", "0.0.0.0", 9092],
  ["PLAINTEXT://[::1]:0", "::1", 0],
  ["plaintext://127.0.0.1:65535", "127.0.0.1", 65535],
])("listeners=%s binds %s, port %i", (text, host, port) => {
  expect(loaded({ overrides: { listeners: text } })).toMatchObject({ host, port });
});

test.each([
  ["SSL://:9092", "only PLAINTEXT is served"],
  ["PLAINTEXT://:9092,SSL://:9093", "names several listeners"],
  ["localhost:9092", "must look like PLAINTEXT://host:port"],
  ["PLAINTEXT://localhost:65536", "with a port from 0 to 65535"],
])("listeners=%s is refused", (text, message) => {
  expect(refused({ overrides: { listeners: text } })[0]).toContain(message);
});

test("an advertised listener must be reachable", () => {
  const advertised = (text: string) => ({ overrides: { "advertised.listeners": text } });
  expect(loaded(advertised("PLAINTEXT://kafka:29092")).advertisedListeners).toEqual({
    host: "kafka",
    port: 29092,
  });
  expect(refused(advertised("PLAINTEXT://:9092"))[0]).toContain("must name a host that clients can reach");
  expect(refused(advertised("PLAINTEXT://kafka:0"))[0]).toContain("must name a port");
});

test("an unknown setting is an error with the place and the name that was meant", () => {
  expect(refused(file("log.retenton.ms=1"))).toEqual([
    "unknown setting log.retenton.ms (server.properties:1): did you mean log.retention.ms?",
  ]);
  expect(refused(file("retention.ms=1"))[0]).toContain("did you mean log.retention.ms?");
  expect(refused(file("nonsense=1"))[0]).toContain("`odradek config show` lists the settings");
  expect(refused({ env: { ODRADEK_NODEID: "1" } })).toEqual([
    "unknown environment variable ODRADEK_NODEID: did you mean ODRADEK_NODE_ID?",
  ]);
});

test("settings of Kafka that are not served are one warning", () => {
  const config = loaded({
    ...file("zookeeper.connect=localhost\nnum.io.threads=8\nnum.partitions=2"),
    env: { ODRADEK_PROCESS_ROLES: "broker" },
  });
  expect(config.warnings).toEqual([
    "settings of Kafka that have no effect here: num.io.threads, process.roles, zookeeper.connect",
  ]);
});

test.each([
  ["num.partitions=many", "num.partitions=many is not a whole number (server.properties:1)"],
  ["num.partitions=0", "num.partitions=0 must be at least 1 (server.properties:1)"],
  ["num.partitions=2147483648", "num.partitions=2147483648 must be at most 2147483647 (server.properties:1)"],
  ["write.caching=yes", "write.caching=yes must be true or false (server.properties:1)"],
  [
    "log.message.timestamp.type=Now",
    "log.message.timestamp.type=Now must be one of CreateTime, LogAppendTime (server.properties:1)",
  ],
  ["log.dirs=/a,/b", "log.dirs=/a,/b names several directories: one is served (server.properties:1)"],
])("%s is refused with value, reason and place", (text, message) => {
  expect(refused(file(text))).toEqual([message]);
});

test("all mistakes are reported at once", () => {
  expect(refused(file("num.partitions=0\nnode.id=-1\nnonsense=1"))).toHaveLength(3);
});

test("compaction and recompression are refused with the reason and the remedy", () => {
  expect(refused(file("log.cleanup.policy=compact"))[0]).toMatch(
    /not implemented yet; use cleanup.policy=delete/,
  );
  expect(refused(file("compression.type=zstd"))[0]).toMatch(/use compression.type=producer/);
  expect(loaded(file("log.cleanup.policy=delete\ncompression.type=producer")).warnings).toEqual([]);
});

test("a batch must fit half of the arena, and a request must fit the queue", () => {
  expect(refused({ overrides: { "message.max.bytes": "5000000" } })[0]).toBe(
    "message.max.bytes=5000000 is more than half of partition.arena.bytes=8388608: a batch must fit the memory that " +
      "its partition is written from. Lower message.max.bytes to at most 4194304, or raise partition.arena.bytes to " +
      "at least 10000000",
  );
  expect(loaded({ overrides: { "message.max.bytes": "4194304" } }).messageMaxBytes).toBe(4_194_304);
  expect(refused({ overrides: { "queued.max.request.bytes": "1024" } })[0]).toContain("one request must fit");
});

test("partition threads grow with the processors, from 10 to 64", () => {
  expect([1, 2, 4, 8, 128].map(defaultPartitionWorkers)).toEqual([10, 16, 32, 64, 64]);
});
