import { protocolAPIsByName, protocolErrorsCodesById } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { ApiKey, apiName } from "../../src/protocol/api-keys.ts";
import { ErrorCode, errorName } from "../../src/protocol/error-codes.ts";

test("error codes and their names are Kafka's, as another client generated them", () => {
  for (const [code, name] of Object.entries(protocolErrorsCodesById))
    expect(errorName(Number(code))).toBe(name);
  expect(Object.keys(ErrorCode).length).toBeGreaterThanOrEqual(Object.keys(protocolErrorsCodesById).length);
});

test("API keys and their names are Kafka's, as another client generated them", () => {
  // Kafka 4.1 renamed it (KIP-1142).
  const { ListClientMetricsResources: renamed, ...others } = protocolAPIsByName;
  expect(apiName(renamed!)).toBe("LIST_CONFIG_RESOURCES");
  for (const [name, key] of Object.entries(others)) {
    expect(apiName(key)).toBe(name.replace(/(?<=[a-z0-9])(?=[A-Z])/g, "_").toUpperCase());
  }
  expect(Object.keys(ApiKey).length).toBeGreaterThanOrEqual(Object.keys(protocolAPIsByName).length);
});

test("codes and keys from outside that nobody knows have a name too", () => {
  expect(errorName(-1)).toBe("UNKNOWN_SERVER_ERROR");
  expect(errorName(999)).toBe("UNKNOWN_ERROR_999");
  expect(apiName(999)).toBe("UNKNOWN_API_999");
});
