import { expect, test } from "vitest";
import { silentLogger } from "../../src/base/logger.ts";
import { WAITING_CHANGES_MAX } from "../../src/cluster/embedded-metadata-store.ts";
import { encodeFrame, encodeOperation, recoverJournal } from "../../src/cluster/metadata-journal.ts";
import { JOURNAL_GROWTH_BYTES_BEFORE_COMPACTION } from "../../src/cluster/metadata-journal-file.ts";
import type { MetadataStore, TopicRecord } from "../../src/cluster/metadata-store.ts";
import { METADATA_JOURNAL, openEmbeddedMetadataStore } from "../../src/cluster/open-metadata-store.ts";
import { diskError, MemoryDisk, PowerLoss, type Survival } from "./memory-disk.ts";

const clusterId = "a-cluster";

function topic(name: string, config: Record<string, string> = {}): TopicRecord {
  const topicId = Buffer.from(name.padEnd(16, ".").slice(-16)).toString("base64url");
  return { name, topicId, partitionCount: 3, config, createdMs: 1 };
}

const open = (disk: MemoryDisk, options: { topicsMax?: number; clusterId?: string } = {}) =>
  openEmbeddedMetadataStore("/data", { clusterId, topicsMax: 1000, logger: silentLogger, disk, ...options });

async function opened(disk: MemoryDisk, options: { topicsMax?: number } = {}): Promise<MetadataStore> {
  const result = await open(disk, options);
  if (!result.ok) throw new Error(result.error.message);
  return result.value;
}

const names = (store: MetadataStore) => [...store.topics()].map((record) => record.name).sort();

test("a new directory gets a store without topics, under the cluster's id", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  expect(store.clusterId).toBe(clusterId);
  expect(names(store)).toEqual([]);
  expect(disk.names()).toEqual([METADATA_JOURNAL]);
});

test("topics and their settings are there after reopening", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  expect(await store.createTopic(topic("a", { "retention.ms": "1" }))).toEqual({
    ok: true,
    value: undefined,
  });
  expect(await store.createTopic(topic("b"))).toMatchObject({ ok: true });
  expect(await store.setTopicConfig("b", { "segment.bytes": "2" })).toMatchObject({ ok: true });
  await store.close();

  const again = await opened(disk);
  expect(again.topicByName("a")).toEqual(topic("a", { "retention.ms": "1" }));
  expect(again.topicById(topic("b").topicId)).toEqual(topic("b", { "segment.bytes": "2" }));
});

test("a deleted topic's name is free at once, and its files are remembered until they are gone", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  await store.createTopic(topic("a"));
  expect(await store.beginTopicDeletion("a")).toEqual({ ok: true, value: topic("a") });
  const second = { ...topic("a"), topicId: topic("second").topicId };
  expect(await store.createTopic(second)).toMatchObject({ ok: true });
  await store.close();

  const again = await opened(disk);
  expect(again.topicByName("a")).toEqual(second);
  expect([...again.topicsBeingDeleted()]).toEqual([topic("a")]);
  expect(await again.finishTopicDeletion(topic("a").topicId)).toMatchObject({ ok: true });
  expect([...again.topicsBeingDeleted()]).toEqual([]);
});

test.each([
  [
    "createTopic() of a name that is taken",
    (store: MetadataStore) => store.createTopic(topic("a")),
    "exists",
  ],
  [
    "createTopic() of an id that is taken",
    (store: MetadataStore) => store.createTopic({ ...topic("a"), name: "b" }),
    "exists",
  ],
  ["beginTopicDeletion()", (store: MetadataStore) => store.beginTopicDeletion("none"), "unknown-topic"],
  [
    "finishTopicDeletion() without a beginning",
    (store: MetadataStore) => store.finishTopicDeletion(topic("a").topicId),
    "unknown-topic",
  ],
  ["setTopicConfig()", (store: MetadataStore) => store.setTopicConfig("none", {}), "unknown-topic"],
])("%s is refused and writes nothing", async (_, change, kind) => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  await store.createTopic(topic("a"));
  const before = disk.content(METADATA_JOURNAL);
  expect(await change(store)).toMatchObject({ ok: false, error: { kind } });
  expect(disk.content(METADATA_JOURNAL)).toBe(before);
});

test("producer ids are never handed out twice, not even after a restart", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const blocks = await Promise.all([store.allocateProducerIdBlock(), store.allocateProducerIdBlock()]);
  await store.close();
  blocks.push(await (await opened(disk)).allocateProducerIdBlock());
  expect(blocks).toEqual([0, 1000, 2000].map((first) => ({ ok: true, value: { first, count: 1000 } })));
});

test("concurrent changes share one sync", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  disk.calls.length = 0;
  const outcomes = await Promise.all(
    Array.from({ length: 100 }, (_, i) => store.createTopic(topic(`t${i}`))),
  );
  expect(outcomes.every((outcome) => outcome.ok)).toBe(true);
  expect(disk.calls).toEqual(["write", "sync"]);
});

test("of two creations of one name, one wins", async () => {
  const store = await opened(new MemoryDisk());
  const outcomes = await Promise.all([
    store.createTopic(topic("a")),
    store.createTopic({ ...topic("a"), topicId: topic("other").topicId }),
  ]);
  expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, false]);
  expect(store.topicByName("a")).toEqual(topic("a"));
});

test("nobody sees a change before it is synced", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const synced = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  disk.onCall = (operation) => {
    if (operation !== "sync") return;
    reached.resolve();
    return synced.promise;
  };
  const creation = store.createTopic(topic("a"));
  await reached.promise;
  expect(store.topicByName("a")).toBeUndefined();
  synced.resolve();
  await creation;
  expect(store.topicByName("a")).toBeDefined();
});

test("a failed sync is final: the change is refused, and so is every later one, without another try", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  disk.onCall = (operation) => {
    if (operation === "sync") throw diskError("EIO");
  };
  const failed = await store.createTopic(topic("a"));
  expect(failed).toMatchObject({ ok: false, error: { kind: "storage" } });
  expect(!failed.ok && failed.error.message).toContain("EIO");
  disk.onCall = () => undefined;
  disk.calls.length = 0;
  expect(await store.createTopic(topic("b"))).toMatchObject({ ok: false, error: { kind: "storage" } });
  expect(disk.calls).toEqual([]);
  expect(names(store)).toEqual([]);
});

test("a full disk refuses the change, and the next one works when there is room again", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  await store.createTopic(topic("a"));
  disk.onCall = (operation) => {
    if (operation === "write") throw diskError("ENOSPC");
  };
  const refused = await store.createTopic(topic("b"));
  expect(!refused.ok && refused.error.message).toBe(
    "the metadata journal could not be written (ENOSPC): free disk space and try again",
  );
  disk.onCall = () => undefined;
  expect(await store.createTopic(topic("c"))).toMatchObject({ ok: true });
  expect(names(await opened(disk))).toEqual(["a", "c"]);
});

test("when a failed write cannot be undone, the store is read-only", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  disk.onCall = (operation) => {
    if (operation !== "read") throw diskError("EIO");
  };
  await store.createTopic(topic("a"));
  disk.onCall = () => undefined;
  expect(await store.createTopic(topic("b"))).toMatchObject({ ok: false, error: { kind: "storage" } });
});

test("limits: topics, the size of one change, changes that wait", async () => {
  const store = await opened(new MemoryDisk(), { topicsMax: 2 });
  const outcomes = await Promise.all(["a", "b", "c"].map((name) => store.createTopic(topic(name))));
  expect(outcomes.map((outcome) => outcome.ok)).toEqual([true, true, false]);
  const tooLarge = await store.setTopicConfig("a", { note: "x".repeat(1024 * 1024) });
  expect(tooLarge).toMatchObject({ ok: false, error: { kind: "limit" } });

  const changes = Array.from({ length: WAITING_CHANGES_MAX + 1 }, () => store.setTopicConfig("a", {}));
  expect(await changes.at(-1)).toMatchObject({ ok: false, error: { kind: "busy" } });
  expect(await changes[0]).toMatchObject({ ok: true });
});

test("close() finishes what is under way, and refuses what comes later", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const creation = store.createTopic(topic("a"));
  await store.close();
  expect(await creation).toMatchObject({ ok: true });
  expect(await store.createTopic(topic("b"))).toMatchObject({ ok: false, error: { kind: "closed" } });
  expect(disk.calls.at(-1)).toBe("close");
});

/** Replaces one topic's large settings until the journal has been compacted. */
async function growUntilCompacted(store: MetadataStore, disk: MemoryDisk): Promise<void> {
  const changes = Math.ceil(JOURNAL_GROWTH_BYTES_BEFORE_COMPACTION / 200_000) + 1;
  for (let i = 0; i < changes; i++) {
    await store.setTopicConfig("large", { note: String(i).padEnd(200_000, "x") });
  }
  expect(disk.content(METADATA_JOURNAL)!.byteLength).toBeLessThan(JOURNAL_GROWTH_BYTES_BEFORE_COMPACTION);
}

test("the journal is compacted, and says the same afterwards", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  await store.createTopic(topic("large"));
  await store.createTopic(topic("gone"));
  await store.beginTopicDeletion("gone");
  await store.allocateProducerIdBlock();
  await growUntilCompacted(store, disk);
  await store.createTopic(topic("after"));
  await store.close();

  const again = await opened(disk);
  expect(names(again)).toEqual(["after", "large"]);
  expect([...again.topicsBeingDeleted()].map((record) => record.name)).toEqual(["gone"]);
  expect(await again.allocateProducerIdBlock()).toMatchObject({ ok: true, value: { first: 1000 } });
  expect(disk.names()).toEqual([METADATA_JOURNAL]);
});

test("a compaction that fails leaves the journal in use", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  await store.createTopic(topic("large"));
  disk.onCall = (operation) => {
    if (operation === "create") throw diskError("ENOSPC");
  };
  for (let i = 0; i < 7; i++) await store.setTopicConfig("large", { note: String(i).padEnd(200_000, "x") });
  expect(disk.calls.filter((call) => call === "create")).toHaveLength(2);
  disk.onCall = () => undefined;
  expect(await store.createTopic(topic("after"))).toMatchObject({ ok: true });
  expect(names(await opened(disk))).toEqual(["after", "large"]);
});

test("a torn tail is cut with a warning, and the store goes on from there", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  await store.createTopic(topic("a"));
  await store.createTopic(topic("b"));
  disk.put(METADATA_JOURNAL, disk.content(METADATA_JOURNAL)!.slice(0, -3));
  const endOfA = recoverJournal(disk.content(METADATA_JOURNAL)!);

  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (event: string) => warnings.push(event) };
  const result = await openEmbeddedMetadataStore("/data", { clusterId, topicsMax: 10, logger, disk });
  expect(warnings).toEqual(["metadata-journal-torn"]);
  expect(disk.content(METADATA_JOURNAL)!.byteLength).toBe(endOfA.ok ? endOfA.value.endBytes : -1);
  expect(result.ok && names(result.value)).toEqual(["a"]);
  expect(result.ok && (await result.value.createTopic(topic("c"))).ok).toBe(true);
  expect(names(await opened(disk))).toEqual(["a", "c"]);
});

test("damage before valid records is refused, with the place, and nothing is changed", async () => {
  const disk = new MemoryDisk();
  const store = await opened(disk);
  const at = disk.content(METADATA_JOURNAL)!.byteLength;
  await store.createTopic(topic("a"));
  await store.createTopic(topic("b"));
  const damaged = disk.content(METADATA_JOURNAL)!.slice();
  damaged[at + 20]! ^= 1;
  disk.put(METADATA_JOURNAL, damaged);
  disk.calls.length = 0;

  const result = await open(disk);
  expect(result).toMatchObject({ ok: false, error: { kind: "damaged" } });
  expect(!result.ok && result.error.message).toContain(`a damaged record at byte ${at}, before a valid one`);
  expect(disk.calls).toEqual(["read"]);
  expect(disk.content(METADATA_JOURNAL)).toBe(damaged);
});

test("records that contradict each other are refused", async () => {
  const disk = new MemoryDisk();
  await opened(disk);
  const journal = disk.content(METADATA_JOURNAL)!;
  const recovered = recoverJournal(journal);
  const operation = encodeOperation({ type: "topic-deletion-begun", topicId: topic("a").topicId });
  const frame = encodeFrame(recovered.ok ? recovered.value.nextSequence : 0, [operation]);
  disk.put(METADATA_JOURNAL, new Uint8Array(Buffer.concat([journal, frame])));
  const result = await open(disk);
  expect(!result.ok && result.error.message).toContain("contradicts itself: there is no topic with id");
});

test("a journal of another cluster, and partitions without a journal, are refused", async () => {
  const disk = new MemoryDisk();
  await opened(disk);
  expect(await open(disk, { clusterId: "other" })).toMatchObject({
    ok: false,
    error: { kind: "foreign-directory" },
  });

  const foreign = new MemoryDisk();
  foreign.put("orders-0", new Uint8Array(0));
  const result = await open(foreign);
  expect(!result.ok && result.error.message).toContain("holds partitions (orders-0) but no metadata.journal");
  expect(foreign.names()).toEqual(["orders-0"]);
});

test("a journal that cannot be read is refused with the system's code", async () => {
  const disk = new MemoryDisk();
  disk.onCall = () => {
    throw diskError("EACCES");
  };
  const result = await open(disk);
  expect(!result.ok && result.error.message).toContain("cannot be opened (EACCES)");
});

/** Power is lost at the k-th call of the disk, for every k: what was acknowledged is there afterwards. */
test.each<Survival>(["none", "half", "all"])(
  "power loss at every call (%s of the unsynced survives)",
  async (survival) => {
    for (let callsLeft = 0; ; callsLeft++) {
      const disk = new MemoryDisk();
      let calls = 0;
      disk.onCall = () => {
        if (calls++ >= callsLeft) throw new PowerLoss();
      };
      const acknowledged: string[] = [];
      const attempted: string[] = [];
      const store = await open(disk);
      if (store.ok) {
        for (let i = 0; i < 8; i++) {
          const name = `t${i}`;
          attempted.push(name);
          const outcome = await store.value.createTopic(
            topic(name, { note: "x".repeat(i % 2 === 0 ? 300_000 : 10) }),
          );
          if (outcome.ok) acknowledged.push(name);
        }
      }
      const again = await opened(disk.afterPowerLoss(survival));
      const found = names(again);
      expect(found).toEqual(attempted.slice(0, found.length));
      expect(found.length).toBeGreaterThanOrEqual(acknowledged.length);
      expect(await again.createTopic(topic("next"))).toMatchObject({ ok: true });
      if (acknowledged.length === 8 && calls <= callsLeft) return;
    }
  },
);
