import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Acknowledgements } from "../../src/workers/acknowledgements.ts";

describe("Acknowledgements", () => {
  test("hands over exactly the entries below an offset, oldest first, whatever the order of growth and taking", () => {
    const operation = fc.oneof(
      fc.record({ kind: fc.constant("push" as const), count: fc.integer({ min: 1, max: 40 }) }),
      fc.record({ kind: fc.constant("take" as const), ahead: fc.integer({ min: 0, max: 60 }) }),
    );
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
        const queue = new Acknowledgements();
        const model: number[] = [];
        let next = 0;
        let taken = 0;
        for (const step of operations) {
          if (step.kind === "push") {
            for (let i = 0; i < step.count && model.length < 1024; i++, next++) {
              queue.push(next, 2, next * 10, next * 10 + 9, next + 0.5);
              model.push(next);
            }
          } else {
            taken += step.ahead;
            const got: number[][] = [];
            queue.takeBelow(taken * 10, (...entry) => got.push(entry));
            const expected = model.filter((id) => id < taken);
            model.splice(0, expected.length);
            expect(got).toEqual(expected.map((id) => [id, 2, id * 10, id * 10 + 9, id + 0.5]));
          }
          expect(queue.size).toBe(model.length);
        }
      }),
    );
  });

  test("refuses to hold more than a link can have under way", () => {
    const queue = new Acknowledgements();
    for (let id = 0; id < 1024; id++) queue.push(id, 1, id, id, -1);
    expect(() => queue.push(1024, 1, 0, 0, -1)).toThrow("no more acknowledgements");
  });
});
