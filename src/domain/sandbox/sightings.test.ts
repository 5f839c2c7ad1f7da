import { expect, it } from "vitest";
import { systemClock } from "../../base/clock.ts";
import type { UnitInfo } from "../../engine/engine.ts";
import { Sightings } from "./sightings.ts";

const unit = { state: "running" } as UnitInfo;
const row = { id: "a", revision: 1, engine: "docker" as const };

function watched(clock = systemClock): Sightings {
  const sightings = new Sightings(clock);
  sightings.watching("docker");
  return sightings;
}

it("what was seen is known until a change is told, by the engine or by the row", () => {
  const sightings = watched();
  expect(sightings.of(row)).toBeUndefined();
  sightings.look([row]).saw(() => unit);
  expect(sightings.of(row)).toMatchObject({ unit });
  expect(sightings.of({ ...row, revision: 2 })).toBeUndefined();
  sightings.changed("b");
  expect(sightings.of(row)).toMatchObject({ unit });
  sightings.changed("a");
  expect(sightings.of(row)).toBeUndefined();
});

it("that there is no unit is known, too", () => {
  const sightings = watched();
  sightings.look([row]).saw(() => undefined);
  expect(sightings.of(row)).toMatchObject({ unit: undefined });
});

it("a change while somebody looks makes what they see nothing to go by", () => {
  const sightings = watched();
  using look = sightings.look([row, { ...row, id: "b" }]);
  sightings.changed("a");
  look.saw(() => unit);
  expect(sightings.of(row)).toBeUndefined();
  expect(sightings.of({ ...row, id: "b" })).toMatchObject({ unit });
});

it("many may look at one time, and what the first sees is known while the others still look", () => {
  const sightings = watched();
  using first = sightings.look([row]);
  using _second = sightings.look([row]);
  first.saw(() => unit);
  expect(sightings.of(row)).toMatchObject({ unit });
});

it("nothing is kept while nobody listens, nor of other engines, nor for long", () => {
  let now = 0;
  const clock = { ...systemClock, monotonic: () => now };
  const deaf = new Sightings(clock);
  deaf.look([row]).saw(() => unit);
  expect(deaf.of(row)).toBeUndefined();
  const sightings = watched(clock);
  const other = { ...row, id: "b", engine: "process" as const };
  sightings.look([row, other]).saw(() => unit);
  expect(sightings.of(other)).toBeUndefined();
  now = 4_999;
  expect(sightings.of(row)).toMatchObject({ unit });
  now = 5_000;
  expect(sightings.of(row)).toBeUndefined();
  const late = sightings.look([row]);
  sightings.unwatched();
  late.saw(() => unit);
  expect(sightings.of(row)).toBeUndefined();
});
