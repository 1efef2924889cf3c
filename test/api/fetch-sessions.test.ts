import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { FetchPartition } from "../../src/api/fetch/fetch-partition.ts";
import { epochAfter, FetchSession } from "../../src/api/fetch/fetch-session.ts";
import {
  FetchSessions,
  SESSION_EVICTION_MS,
  SESSION_PARTITIONS_MAX,
  SESSIONS_PARTITIONS_MAX,
  type SessionRequest,
} from "../../src/api/fetch/fetch-sessions.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";

const SEED = 20_260_102;

function wanted(topic: string, partition: number, fetchOffset = 0): FetchPartition {
  return {
    topic,
    isTopicId: false,
    partition,
    currentLeaderEpoch: -1,
    fetchOffset,
    lastFetchedEpoch: -1,
    bytesMax: 1 << 20,
  };
}

function many(count: number, topic = "t"): FetchPartition[] {
  return Array.from({ length: count }, (_, partition) => wanted(topic, partition));
}

function request(fields: Partial<SessionRequest>): SessionRequest {
  return { sessionId: 0, sessionEpoch: 0, usesTopicIds: false, wanted: [], forgotten: [], ...fields };
}

function sessionsOf(slotsMax: number) {
  const clock = { nowMs: 0, wallMs: () => 0, monotonicMs: () => clock.nowMs };
  return { clock, sessions: new FetchSessions({ slotsMax, clock }) };
}

describe("a fetch session", () => {
  test("is opened by epoch 0 and goes on with 1, 2, 3", () => {
    const { sessions } = sessionsOf(10);
    const opened = sessions.turn(request({ wanted: many(3) }));
    expect(opened.isIncremental).toBe(false);
    const sessionId = opened.session!.id;
    for (const sessionEpoch of [1, 2, 3]) {
      const turn = sessions.turn(request({ sessionId, sessionEpoch }));
      expect(turn).toMatchObject({ errorCode: ErrorCode.NONE, isIncremental: true });
      expect(turn.wanted).toEqual(many(3));
    }
  });

  test("is not made for a fetch with epoch -1, which closes the one it names", () => {
    const { sessions } = sessionsOf(10);
    expect(sessions.turn(request({ sessionEpoch: -1, wanted: many(2) }))).toEqual({
      errorCode: ErrorCode.NONE,
      session: null,
      isIncremental: false,
      wanted: many(2),
    });
    const sessionId = sessions.turn(request({ wanted: many(3) })).session!.id;
    expect(sessions.turn(request({ sessionId, sessionEpoch: -1 })).session).toBeNull();
    expect([sessions.count, sessions.partitionsCount]).toEqual([0, 0]);
    const after = sessions.turn(request({ sessionId, sessionEpoch: 1 }));
    expect(after.errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
  });

  test("refuses an unknown id, a wrong epoch and a change between names and ids, and survives the latter two", () => {
    const { sessions } = sessionsOf(10);
    const sessionId = sessions.turn(request({ wanted: many(1) })).session!.id;
    const codeOf = (fields: Partial<SessionRequest>) => sessions.turn(request(fields)).errorCode;
    expect(codeOf({ sessionId: sessionId ^ 1, sessionEpoch: 1 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(codeOf({ sessionId: 0, sessionEpoch: 1 })).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(codeOf({ sessionId, sessionEpoch: 2 })).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    expect(codeOf({ sessionId, sessionEpoch: -2 })).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
    expect(codeOf({ sessionId, sessionEpoch: 1, usesTopicIds: true })).toBe(
      ErrorCode.FETCH_SESSION_TOPIC_ID_ERROR,
    );
    expect(codeOf({ sessionId, sessionEpoch: 1 })).toBe(ErrorCode.NONE);
    expect(codeOf({ sessionId, sessionEpoch: 1 })).toBe(ErrorCode.INVALID_FETCH_SESSION_EPOCH);
  });

  test("is closed when everything in it is forgotten", () => {
    const { sessions } = sessionsOf(10);
    const sessionId = sessions.turn(request({ wanted: many(2) })).session!.id;
    const turn = sessions.turn(request({ sessionId, sessionEpoch: 1, forgotten: many(2) }));
    expect(turn).toEqual({ errorCode: ErrorCode.NONE, session: null, isIncremental: false, wanted: [] });
    expect([sessions.count, sessions.partitionsCount]).toEqual([0, 0]);
  });

  test("goes from the largest epoch to 1", () => {
    expect(epochAfter(2 ** 31 - 1)).toBe(1);
    expect(epochAfter(1)).toBe(2);
  });
});

describe("fetch sessions in all", () => {
  test("never take more slots than there are, and push out only those that have been idle for long", () => {
    const { sessions, clock } = sessionsOf(2);
    const first = sessions.turn(request({ wanted: many(1) })).session!;
    clock.nowMs = 10;
    const second = sessions.turn(request({ wanted: many(1) })).session!;
    clock.nowMs = SESSION_EVICTION_MS - 1;
    expect(sessions.turn(request({ wanted: many(1) })).session).toBeNull();
    expect(sessions.turn(request({ sessionId: first.id, sessionEpoch: 1 })).errorCode).toBe(ErrorCode.NONE);

    clock.nowMs = SESSION_EVICTION_MS + 10;
    expect(sessions.turn(request({ wanted: many(1) })).session).not.toBeNull();
    expect(sessions.count).toBe(2);
    const evicted = sessions.turn(request({ sessionId: second.id, sessionEpoch: 1 }));
    expect(evicted.errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect(sessions.turn(request({ sessionId: first.id, sessionEpoch: 2 })).errorCode).toBe(ErrorCode.NONE);
  });

  test("are switched off by 0 slots", () => {
    const { sessions } = sessionsOf(0);
    expect(sessions.turn(request({ wanted: many(1) }))).toMatchObject({ errorCode: 0, session: null });
  });

  test("hold a bounded number of partitions, each and together", () => {
    const { sessions } = sessionsOf(1000);
    expect(sessions.turn(request({ wanted: many(SESSION_PARTITIONS_MAX + 1) })).session).toBeNull();
    const fitting = SESSIONS_PARTITIONS_MAX / SESSION_PARTITIONS_MAX;
    for (let i = 0; i < fitting; i++) {
      expect(sessions.turn(request({ wanted: many(SESSION_PARTITIONS_MAX) })).session).not.toBeNull();
    }
    expect(sessions.turn(request({ wanted: many(1) })).session).toBeNull();
    expect(sessions.partitionsCount).toBe(SESSIONS_PARTITIONS_MAX);
  });

  test("do not let one grow past its bound by increments: it is closed and the client starts over", () => {
    const { sessions } = sessionsOf(10);
    const sessionId = sessions.turn(request({ wanted: many(SESSION_PARTITIONS_MAX) })).session!.id;
    const turn = sessions.turn(request({ sessionId, sessionEpoch: 1, wanted: many(1, "another") }));
    expect(turn.errorCode).toBe(ErrorCode.FETCH_SESSION_ID_NOT_FOUND);
    expect([sessions.count, sessions.partitionsCount]).toEqual([0, 0]);
  });
});

/** One incremental request with the answer it gets, in a model with a plain list of partitions. */
const step = fc.record({
  changed: fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(3), fc.nat(5)), { maxLength: 4 }),
  forgotten: fc.array(fc.tuple(fc.constantFrom("a", "b"), fc.nat(3)), { maxLength: 2 }),
  withRecords: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  withError: fc.array(fc.boolean(), { minLength: 8, maxLength: 8 }),
  highWatermarks: fc.array(fc.nat(1), { minLength: 8, maxLength: 8 }),
});

test("a session wants, orders and omits what a plain list of partitions would", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const first = [wanted("a", 0), wanted("b", 0)];
      const session = new FetchSession(1, false, first, 0);
      let model = first.map((partition) => ({ partition, seen: "never" }));
      for (const { changed, forgotten, withRecords, withError, highWatermarks } of steps) {
        const partitions = changed.map(([topic, partition, offset]) => wanted(topic, partition, offset));
        const gone = forgotten.map(([topic, partition]) => ({ topic, partition }));
        session.update(partitions, gone);
        for (const partition of partitions) {
          const known = model.find((entry) => isSame(entry.partition, partition));
          if (known === undefined) model.push({ partition, seen: "never" });
          else known.partition = partition;
        }
        model = model.filter(({ partition }) => !gone.some((other) => isSame(partition, other)));
        expect(session.wanted()).toEqual(model.map(({ partition }) => partition));

        const rotated: typeof model = [];
        for (const [index, entry] of [...model].entries()) {
          const isError = withError[index]!;
          const hasRecords = withRecords[index]! && !isError;
          const highWatermark = highWatermarks[index]!;
          const seen = isError ? "error" : String(highWatermark);
          const isNew = session.answer({
            wanted: entry.partition,
            isError,
            hasRecords,
            highWatermark: isError ? -1 : highWatermark,
            logStartOffset: 0,
          });
          expect(isNew).toBe(hasRecords || isError || seen !== entry.seen);
          entry.seen = seen;
          if (hasRecords) rotated.push(entry);
        }
        model = [...model.filter((entry) => !rotated.includes(entry)), ...rotated];
        expect(session.wanted()).toEqual(model.map(({ partition }) => partition));
      }
    }),
    { seed: SEED, numRuns: 300 },
  );
});

function isSame(a: { topic: string; partition: number }, b: { topic: string; partition: number }): boolean {
  return a.topic === b.topic && a.partition === b.partition;
}
