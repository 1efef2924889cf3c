import { MultipleErrors, NetworkError, ProtocolError, ResponseError, UserError } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { clientError, isConnectionLoss } from "../../src/cli/kafka-errors.ts";

const servers = "127.0.0.1:9092";
const refused = new NetworkError("Connection to 127.0.0.1:9092 failed.", {
  cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" }),
});

test("no broker there: says where, why and what to do", () => {
  const error = new MultipleErrors("metadata failed 6 times.", [
    new MultipleErrors("none available", [refused]),
  ]);
  expect(clientError(error, servers)).toBe(
    "no answer from a broker at 127.0.0.1:9092 (ECONNREFUSED): start one with `odradek start`, or name another with -b",
  );
  expect(isConnectionLoss(error)).toBe(true);
});

test("the broker's own words come first, then advice for its code", () => {
  const said = new ResponseError(19, 7, { "/topics/0": [37, "three is too many"] }, {});
  expect(clientError(said, servers)).toBe("the broker answered INVALID_PARTITIONS: three is too many");
  const silent = new MultipleErrors("produce failed.", [new ProtocolError("MESSAGE_TOO_LARGE")]);
  expect(clientError(silent, servers)).toContain(
    "MESSAGE_TOO_LARGE: the batch is larger than the topic's max.message.bytes",
  );
  expect(isConnectionLoss(silent)).toBe(false);
});

test("a topic that is not there: names the command that makes it", () => {
  expect(clientError(new UserError("Unknown topic a.b."), servers)).toBe(
    "there is no topic 'a.b': create it with `odradek topic create a.b`",
  );
});

test("what is not the client library's is nobody's to translate", () => {
  expect(clientError(new TypeError("a bug"), servers)).toBeNull();
  expect(clientError("text", servers)).toBeNull();
  const cyclic = Object.assign(new Error("cycle"), { cause: null as unknown });
  cyclic.cause = cyclic;
  expect(clientError(cyclic, servers)).toBeNull();
});
