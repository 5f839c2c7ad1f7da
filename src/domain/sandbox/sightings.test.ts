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
  sightings.look([row])(() => unit);
  expect(sightings.of(row)).toMatchObject({ unit });
  expect(sightings.of({ ...row, revision: 2 })).toBeUndefined();
  sightings.changed("b");
  expect(sightings.of(row)).toMatchObject({ unit });
  sightings.changed("a");
  expect(sightings.of(row)).toBeUndefined();
});

it("that there is no unit is known, too", () => {
  const sightings = watched();
  sightings.look([row])(() => undefined);
  expect(sightings.of(row)).toMatchObject({ unit: undefined });
});

it("a change while somebody looks makes what they see nothing to go by", () => {
  const sightings = watched();
  const saw = sightings.look([row]);
  sightings.changed("a");
  saw(() => unit);
  expect(sightings.of(row)).toBeUndefined();
  const earlier = sightings.look([row]);
  const later = sightings.look([row]);
  earlier(() => ({ ...unit, state: "exited" }));
  expect(sightings.of(row)).toBeUndefined();
  later(() => unit);
  expect(sightings.of(row)).toMatchObject({ unit });
});

it("nothing is kept while nobody listens, nor of other engines, nor for long", () => {
  let now = 0;
  const clock = { ...systemClock, monotonic: () => now };
  const deaf = new Sightings(clock);
  deaf.look([row])(() => unit);
  expect(deaf.of(row)).toBeUndefined();
  const sightings = watched(clock);
  const other = { ...row, id: "b", engine: "process" as const };
  const saw = sightings.look([row, other]);
  saw(() => unit);
  expect(sightings.of(other)).toBeUndefined();
  now = 4_999;
  expect(sightings.of(row)).toMatchObject({ unit });
  now = 5_000;
  expect(sightings.of(row)).toBeUndefined();
  const late = sightings.look([row]);
  sightings.unwatched();
  late(() => unit);
  expect(sightings.of(row)).toBeUndefined();
});
