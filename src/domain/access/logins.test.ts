import { expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import type { Clock } from "../../base/clock.ts";
import { systemClock } from "../../base/clock.ts";
import type { Issuer } from "../../identity/issuer.ts";
import { createLoginProvider } from "../../identity/login.ts";
import { createAdmit } from "./admit.ts";
import { Logins } from "./logins.ts";
import { LOCAL_USER } from "./principal.ts";
import { settlePerson } from "./token-user.ts";

const issuer: Issuer = {
  issuer: "http://127.0.0.1:1",
  ...{ audience: [], clientId: ["app"], algorithms: ["RS256"], userClaim: "sub", adoptUsers: false },
};
const HOUR_MS = 3_600_000;

/** Sessions whose clock is set by hand, of an issuer that never answers. */
function open() {
  const at = { ms: systemClock.now() };
  const clock: Clock = { ...systemClock, now: () => at.ms };
  const domain = openMemoryDomain({ clock });
  const settings = {
    ...{ issuer, clientId: "app", secret: undefined, scopes: ["openid"], origin: "http://localhost:1" },
    ...{ sessionMs: 12 * HOUR_MS, idleMs: 2 * HOUR_MS },
  };
  const logins = new Logins(domain.context, createLoginProvider(settings, clock));
  const admit = createAdmit(domain.context, logins);
  const signIn = async (refreshToken?: string): Promise<string> => {
    const person = { source: issuer, subject: "alice", called: "alice", role: undefined };
    const user = await settlePerson(domain.context, person);
    if (typeof user === "string") throw new Error(user);
    return logins.create(user, { person, idToken: "id", refreshToken, lastsMs: HOUR_MS });
  };
  const enter = async (session: string, again = false) =>
    (await admit({ bearer: undefined, session, again })).auth.whoami({});
  const admin = domain.platformOf(LOCAL_USER);
  return { ...{ at, logins, signIn, enter, admin }, [Symbol.asyncDispose]: () => domain[Symbol.asyncDispose]() };
}

const ended = (message: string) => ({ code: "UNAUTHENTICATED", message: expect.stringContaining(message) as string });

it("lets its user in until it is unused for too long, or too old", async () => {
  await using site = open();
  const [idle, busy] = [await site.signIn(), await site.signIn()];
  expect(await site.enter(busy)).toMatchObject({ owner: "alice", role: "member", keyId: null });
  for (let hours = 1; hours < 12; hours += 1) {
    site.at.ms += HOUR_MS;
    await site.enter(busy);
  }
  await expect(site.enter(idle)).rejects.toMatchObject(ended("has expired"));
  site.at.ms += HOUR_MS;
  await expect(site.enter(busy)).rejects.toMatchObject(ended("has expired"));
  await expect(site.enter(busy)).rejects.toMatchObject(ended("is not known here, or has ended"));
});

it("is not used by what is open, which goes on until it ends for another reason", async () => {
  await using site = open();
  const [idle, left, old] = [await site.signIn(), await site.signIn(), await site.signIn()];
  site.at.ms += 2 * HOUR_MS;
  expect(await site.enter(idle, true)).toMatchObject({ owner: "alice" });
  await expect(site.enter(idle)).rejects.toMatchObject(ended("has expired"));
  await expect(site.enter(idle, true)).rejects.toMatchObject(ended("is not known here"));
  await site.logins.end(left);
  await expect(site.enter(left, true)).rejects.toMatchObject(ended("is not known here"));
  site.at.ms += 10 * HOUR_MS;
  await expect(site.enter(old, true)).rejects.toMatchObject(ended("has expired"));
});

it("is one of ten of its user, the oldest of which ends first", async () => {
  await using site = open();
  const all: string[] = [];
  for (let made = 0; made < 11; made += 1) {
    all.push(await site.signIn());
    site.at.ms += 1000;
  }
  const [first = "", second = ""] = all;
  await expect(site.enter(first)).rejects.toMatchObject(ended("is not known here"));
  expect(await site.enter(second)).toMatchObject({ owner: "alice" });
});

it("ends for good when its user is disabled or signs out, and none is made up", async () => {
  await using site = open();
  const [one, other] = [await site.signIn(), await site.signIn()];
  expect(await site.logins.end(one)).toBe("id");
  await expect(site.enter(one)).rejects.toMatchObject(ended("is not known here"));
  expect(await site.enter(other)).toMatchObject({ owner: "alice" });
  await site.admin.user.update({ name: "alice", disabled: true });
  await site.admin.user.update({ name: "alice", disabled: false });
  for (const session of [other, "", "x".repeat(43), "' OR 1=1 --"])
    await expect(site.enter(session)).rejects.toMatchObject(ended("is not known here"));
});

it("holds while its issuer cannot be asked, but not longer than it was vouched for", async () => {
  await using site = open();
  const session = await site.signIn("refresh");
  site.at.ms += HOUR_MS - 30_000;
  expect(await site.enter(session)).toMatchObject({ owner: "alice" });
  site.at.ms += 31_000;
  await expect(site.enter(session)).rejects.toMatchObject(ended("The session cannot be renewed now: "));
});
