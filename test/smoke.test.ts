import { expect, test } from "vitest";

test("bun", () => {
  expect(typeof Bun).toBe("object");
});
