import { isoTime } from "../../base/clock.ts";
import { isMoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import { Name } from "../../contracts/primitives.ts";
import type { Role, User } from "../../contracts/types.ts";
import type { Person } from "../../identity/issuer.ts";
import type { DomainContext } from "../context.ts";
import { createAudit } from "./audit.ts";
import { LOCAL_USER, principalOfUser } from "./principal.ts";
import { findUser } from "./users.ts";

const HASH_DIGITS = 32;

/** What a person is called here, always the same: the claim itself where it can be a name, else a hash of it. */
export function nameOf({ source, called }: Pick<Person, "source" | "called">): string {
  const { issuer, prefix } = source;
  const name = prefix === undefined ? called : `${prefix}-${called}`;
  const isName = Name.safeParse(called).success && Name.safeParse(name).success;
  if (isName && name !== LOCAL_USER) return name;
  const [, digits = ""] = sha256(`${issuer}\n${called}`).split(":");
  return `${prefix ?? "u"}-${digits.slice(0, HASH_DIGITS)}`;
}

export type Resolved = {
  readonly name: string;
  readonly role: Role;
  /** Undefined: they have not been here before. */
  readonly user: User | undefined;
};

/** Who a person is here, or a sentence that says why they may not come in. */
export async function resolvePerson(context: DomainContext, person: Person): Promise<Resolved | string> {
  const name = nameOf(person);
  const user = await findUser(context, name);
  const refusal = user === undefined ? undefined : refusalOf(user, person);
  return refusal ?? { name, role: person.role ?? user?.role ?? "member", user };
}

function refusalOf({ name, identity, disabledAt }: User, { source, subject }: Person): string | undefined {
  if (identity === null && !source.adoptUsers) {
    return `There is a user "${name}" whom an administrator has added, and who is nobody of ${source.issuer}.`;
  }
  if (identity !== null && (identity.issuer !== source.issuer || identity.subject !== subject)) {
    return `There is a user "${name}" already, who is somebody else than this subject of ${source.issuer}.`;
  }
  return disabledAt === null ? undefined : `The user "${name}" is disabled since ${disabledAt}.`;
}

/** The user that a person is from now on: made at first sight, and as their issuer says where it tells a role. */
export async function settlePerson(context: DomainContext, person: Person): Promise<User | string> {
  const resolved = await resolvePerson(context, person);
  if (typeof resolved === "string") return resolved;
  const { name, role, user } = resolved;
  const identity = { issuer: person.source.issuer, subject: person.subject };
  if (user === undefined) return addUser(context, person, { name, role, identity });
  if (user.role === role && user.identity !== null) return user;
  const record = recordOf(context, "user.update", { ...user, role, identity });
  const updated = await context.store.users.update(name, { role, identity });
  if (updated === undefined) return user;
  await record();
  context.logger.info({ operation: "user.update", user: name, role, ...identity }, "user signed in as told");
  return updated;
}

async function addUser(
  context: DomainContext,
  person: Person,
  { name, role, identity }: Pick<User, "name" | "role" | "identity">,
): Promise<User | string> {
  const createdAt = isoTime(context.clock.now());
  const user: User = { name, role, fullName: null, createdAt, disabledAt: null, identity };
  const record = recordOf(context, "user.create", user);
  try {
    await context.store.users.insert(user);
  } catch (error) {
    // Another request of theirs was first, or an administrator.
    if (!isMoorageError(error) || error.code !== "CONFLICT") throw error;
    return (await findUser(context, name)) === undefined
      ? `The name "${name}" is, or was, a team's.`
      : settlePerson(context, person);
  }
  await record();
  context.logger.info({ operation: "user.create", user: name, role, ...identity }, "user signed in first");
  return user;
}

/** To be called once the change is written: it is the user's own, by the word of who vouches for them. */
function recordOf(context: DomainContext, change: "user.create" | "user.update", user: User): () => Promise<void> {
  const { name, role } = user;
  const record = createAudit(context, principalOfUser(user))(change, { name, role });
  return () => record({ answer: {} });
}
