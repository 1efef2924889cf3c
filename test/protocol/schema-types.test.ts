import { describe, expectTypeOf, test } from "vitest";
import type { FileSpan } from "../../src/base/file-span.ts";
import type { ApiKey } from "../../src/protocol/api-keys.ts";
import type { RequestInputOf, RequestOf, ResponseInputOf, ResponseOf } from "../../src/protocol/messages.ts";

/** Judged by the compiler (`npm run types`); running it checks nothing. */
describe("types inferred from schemas", () => {
  test("a decoded message has every field", () => {
    type Produce = RequestOf<typeof ApiKey.PRODUCE>;
    expectTypeOf<Produce["transactionalId"]>().toEqualTypeOf<string | null>();
    expectTypeOf<Produce["acks"]>().toEqualTypeOf<number>();
    expectTypeOf<Produce["topicData"][number]>().toEqualTypeOf<{
      readonly name: string;
      readonly topicId: string;
      readonly partitionData: readonly { readonly index: number; readonly records: Uint8Array | null }[];
    }>();
    expectTypeOf<RequestOf<typeof ApiKey.METADATA>["topics"]>().toBeNullable();
    expectTypeOf<RequestOf<typeof ApiKey.DELETE_TOPICS>["topicNames"]>().toEqualTypeOf<readonly string[]>();
    expectTypeOf<RequestOf<typeof ApiKey.DESCRIBE_TOPIC_PARTITIONS>["cursor"]>().toEqualTypeOf<{
      readonly topicName: string;
      readonly partitionIndex: number;
    } | null>();
  });

  test("what is encoded may leave out defaults, ignorable and tagged fields, and no others", () => {
    type Fetch = ResponseInputOf<typeof ApiKey.FETCH>;
    type Partition = Fetch["responses"][number]["partitions"][number];
    expectTypeOf<Partition["records"]>().toEqualTypeOf<Uint8Array | FileSpan | null>();
    expectTypeOf<{
      partitionIndex: 1;
      errorCode: 0;
      highWatermark: 2;
      records: null;
    }>().toExtend<Partition>();
    expectTypeOf<{ partitionIndex: 1; errorCode: 0; records: null }>().not.toExtend<Partition>();
    expectTypeOf<{
      partitionIndex: 1;
      errorCode: 0;
      highWatermark: 2;
      records: "x";
    }>().not.toExtend<Partition>();
    expectTypeOf<{ responses: [] }>().toExtend<Fetch>();
    expectTypeOf<Record<never, never>>().not.toExtend<Fetch>();
    // Mandatory inside a structure that itself exists in some versions only.
    type RecordError = NonNullable<
      ResponseInputOf<
        typeof ApiKey.PRODUCE
      >["responses"][number]["partitionResponses"][number]["recordErrors"]
    >[number];
    expectTypeOf<{ batchIndex: 1 }>().toExtend<RecordError>();
    expectTypeOf<{ batchIndexErrorMessage: "" }>().not.toExtend<RecordError>();
  });

  test("what was decoded can be encoded", () => {
    expectTypeOf<RequestOf<typeof ApiKey.FETCH>>().toExtend<RequestInputOf<typeof ApiKey.FETCH>>();
    expectTypeOf<ResponseOf<typeof ApiKey.METADATA>>().toExtend<ResponseInputOf<typeof ApiKey.METADATA>>();
  });
});
