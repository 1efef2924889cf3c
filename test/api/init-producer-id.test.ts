import { describe, expect, test } from "vitest";
import { fail } from "../../src/base/result.ts";
import { ApiKey } from "../../src/protocol/api-keys.ts";
import { ErrorCode } from "../../src/protocol/error-codes.ts";
import { ApiHarness } from "../support/api-harness.ts";

const IDEMPOTENT = { transactionalId: null, transactionTimeoutMs: 60_000 };

describe("InitProducerId", () => {
  for (const version of [0, 1, 2, 3, 4, 5]) {
    test(`v${version} gives every producer an id of its own, with epoch 0`, async () => {
      const api = new ApiHarness();
      const ids: number[] = [];
      for (let i = 0; i < 25; i++) {
        const answer = await api.call(ApiKey.INIT_PRODUCER_ID, version, IDEMPOTENT);
        expect([answer.errorCode, answer.producerEpoch]).toEqual([ErrorCode.NONE, 0]);
        ids.push(answer.producerId);
      }
      expect(ids).toEqual(Array.from({ length: 25 }, (_, index) => 1000 + index));
    });

    test(`v${version} fails a transactional producer at once`, async () => {
      const api = new ApiHarness();
      const transactional = { ...IDEMPOTENT, transactionalId: "payments" };
      const answer = await api.call(ApiKey.INIT_PRODUCER_ID, version, transactional);
      expect(answer).toMatchObject({
        errorCode: ErrorCode.UNSUPPORTED_VERSION,
        producerId: -1,
        producerEpoch: -1,
      });
      const nameless = await api.call(ApiKey.INIT_PRODUCER_ID, version, {
        ...IDEMPOTENT,
        transactionalId: "",
      });
      expect(nameless.errorCode).toBe(ErrorCode.INVALID_REQUEST);
    });
  }

  test("gives ids that differ also to producers that ask at the same moment across a block's end", async () => {
    const api = new ApiHarness();
    const asked = Array.from({ length: 35 }, () => api.call(ApiKey.INIT_PRODUCER_ID, 4, IDEMPOTENT));
    const ids = (await Promise.all(asked)).map(({ producerId }) => producerId);
    expect(new Set(ids).size).toBe(35);
    expect(api.nextProducerId).toBe(1040);
  });

  test("gives a fresh id to a producer that brings its old one, and refuses half an identity", async () => {
    const api = new ApiHarness();
    const returning = { ...IDEMPOTENT, producerId: 1000, producerEpoch: 7 };
    expect(await api.call(ApiKey.INIT_PRODUCER_ID, 3, returning)).toMatchObject({
      errorCode: 0,
      producerEpoch: 0,
    });
    const half = { ...IDEMPOTENT, producerId: 1000 };
    expect((await api.call(ApiKey.INIT_PRODUCER_ID, 3, half)).errorCode).toBe(ErrorCode.INVALID_REQUEST);
  });

  test("asks the client to try again while the metadata store cannot give a block, and recovers", async () => {
    const api = new ApiHarness();
    api.producerIdFailure = fail("disk full");
    const refused = await Promise.all([1, 2].map(() => api.call(ApiKey.INIT_PRODUCER_ID, 4, IDEMPOTENT)));
    expect(refused.map(({ errorCode }) => errorCode)).toEqual([14, 14]);
    api.producerIdFailure = null;
    expect((await api.call(ApiKey.INIT_PRODUCER_ID, 4, IDEMPOTENT)).producerId).toBe(1000);
  });

  test("asks the authorizer", async () => {
    const api = new ApiHarness({ authorizer: (_, operation) => operation !== "idempotent-write" });
    const answer = await api.call(ApiKey.INIT_PRODUCER_ID, 4, IDEMPOTENT);
    expect(answer.errorCode).toBe(ErrorCode.CLUSTER_AUTHORIZATION_FAILED);
  });
});
