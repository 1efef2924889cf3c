import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IntendedTimes } from "../../bench/load/intended-times.ts";
import { Timetable } from "../../bench/load/timetable.ts";

describe("Timetable", () => {
  test("intended times never drift, however late and however many at once they are taken", () => {
    const delays = fc.array(fc.double({ min: 0, max: 500, noNaN: true }), { maxLength: 100 });
    const rate = fc.double({ min: 0.5, max: 100_000, noNaN: true });
    fc.assert(
      fc.property(rate, delays, (perSecond, waits) => {
        const timetable = new Timetable(1000, perSecond);
        let nowMs = 1000;
        let number = 0;
        for (const wait of waits) {
          nowMs += wait;
          for (let taken = 0; taken < 50 && timetable.due(nowMs) > 0; taken++) {
            expect(timetable.take()).toBe(1000 + (number++ * 1000) / perSecond);
          }
        }
        expect(timetable.next).toBe(number);
      }),
    );
  });

  test("after any time exactly the rate's share is due", () => {
    const timetable = new Timetable(0, 1000);
    expect(timetable.due(0)).toBe(1);
    expect(timetable.due(10)).toBe(11);
    for (let taken = 0; taken < 11; taken++) timetable.take();
    expect(timetable.due(10)).toBe(0);
    expect(timetable.nextMs).toBe(11);
    expect(timetable.due(10_000)).toBe(9990);
  });

  test("needs a rate", () => {
    expect(() => new Timetable(0, 0)).toThrow(/rate/);
    expect(() => new Timetable(0, Number.POSITIVE_INFINITY)).toThrow(/rate/);
  });
});

describe("IntendedTimes", () => {
  test("keeps the order of what is in flight, for ever", () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 200 }), (steps) => {
        const times = new IntendedTimes(8);
        const expected: number[] = [];
        for (const [index, isPush] of steps.entries()) {
          if (isPush && times.free > 0) {
            times.push(index);
            expected.push(index);
          } else if (!isPush && times.count > 0) expect(times.shift()).toBe(expected.shift());
          expect(times.count).toBe(expected.length);
        }
      }),
    );
  });

  test("refuses an answer to nothing, and more than it has room for", () => {
    const times = new IntendedTimes(1);
    expect(() => times.shift()).toThrow(/answer/);
    times.push(1);
    expect(() => times.push(2)).toThrow(/room/);
  });
});
