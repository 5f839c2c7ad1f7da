import { randomBytes } from "node:crypto";
import { assert, constantFrom, dictionary, property, record, string, stringMatching, uint8Array } from "fast-check";
import { describe, expect, test } from "vitest";
import { ID_PATTERN } from "../base/ids.ts";
import { createUnitLabels, DEPLOYMENT_LABEL, type UnitIdentity } from "./unit-labels.ts";

const unit = record<UnitIdentity>({ id: stringMatching(ID_PATTERN), kind: constantFrom("sandbox", "job") });
const deployment = string({ minLength: 1, maxLength: 40 });
const key = uint8Array({ minLength: 32, maxLength: 64 });
const signing = record({ identity: unit, deployment, key });
const label = constantFrom("moorage.id", "moorage.kind", DEPLOYMENT_LABEL, "moorage.sig");
const others = dictionary(
  string().filter((name) => !name.startsWith("moorage.")),
  string(),
);

describe("labels of units", () => {
  test("what was signed is recognised, also among labels of others", () => {
    assert(
      property(signing, others, ({ identity, deployment, key }, foreign) => {
        const labels = createUnitLabels(deployment, key);
        expect(labels.verify({ ...foreign, ...labels.sign(identity) })).toEqual(identity);
      }),
    );
  });

  test("a unit with any label changed is a stranger", () => {
    assert(
      property(signing, label, string(), ({ identity, deployment, key }, changed, value) => {
        const labels = createUnitLabels(deployment, key);
        const signed = labels.sign(identity);
        const before = signed[changed];
        expect(labels.verify({ ...signed, [changed]: value === before ? `${value}x` : value })).toBeUndefined();
      }),
    );
  });

  test("a unit with any label missing is a stranger", () => {
    assert(
      property(signing, label, ({ identity, deployment, key }, missing) => {
        const labels = createUnitLabels(deployment, key);
        const { [missing]: _, ...rest } = labels.sign(identity);
        expect(labels.verify(rest)).toBeUndefined();
      }),
    );
  });

  test("one character of a signature, changed or cut off, breaks it", () => {
    const labels = createUnitLabels("here", randomBytes(32));
    const signed = labels.sign({ id: "abcdefghij0123456789", kind: "sandbox" });
    const signature = signed["moorage.sig"] ?? "";
    expect(signature).toMatch(/^[0-9a-f]{64}$/);
    for (let at = 0; at < signature.length; at += 1) {
      const other = signature[at] === "0" ? "1" : "0";
      const changed = signature.slice(0, at) + other + signature.slice(at + 1);
      expect(labels.verify({ ...signed, "moorage.sig": changed })).toBeUndefined();
    }
    expect(labels.verify({ ...signed, "moorage.sig": signature.slice(1) })).toBeUndefined();
    expect(labels.verify({ ...signed, "moorage.sig": signature.toUpperCase() })).toBeUndefined();
    expect(labels.verify({ ...signed, "moorage.sig": "" })).toBeUndefined();
  });

  test("the signature of one unit does not serve another, nor its other kind", () => {
    assert(
      property(signing, unit, ({ identity: one, deployment, key }, other) => {
        const labels = createUnitLabels(deployment, key);
        const transplanted = { ...labels.sign(other), "moorage.sig": labels.sign(one)["moorage.sig"] ?? "" };
        const same = one.id === other.id && one.kind === other.kind;
        expect(labels.verify(transplanted)).toEqual(same ? other : undefined);
      }),
    );
  });

  test("another key, or another deployment with the same key, does not recognise a unit", () => {
    assert(
      property(signing, key, ({ identity, deployment, key }, otherKey) => {
        const signed = createUnitLabels(deployment, key).sign(identity);
        const sameKey = Buffer.from(key).equals(Buffer.from(otherKey));
        expect(createUnitLabels(deployment, otherKey).verify(signed)).toEqual(sameKey ? identity : undefined);
        const stranger = createUnitLabels(`${deployment}x`, key);
        expect(stranger.verify(signed)).toBeUndefined();
        expect(stranger.verify({ ...signed, [DEPLOYMENT_LABEL]: stranger.deployment })).toBeUndefined();
      }),
    );
  });
});
