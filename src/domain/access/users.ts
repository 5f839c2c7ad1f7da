import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Role, User, UserCreate } from "../../contracts/types.ts";
import type { Page, PageQuery } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { LOCAL_USER } from "./principal.ts";

/** The user of this machine is an administrator, and there before anybody else. */
const LOCAL: User = {
  name: LOCAL_USER,
  role: "admin",
  fullName: null,
  createdAt: isoTime(0),
  disabledAt: null,
  identity: null,
};

export async function createUser({ context }: Call, { name, role, fullName }: UserCreate): Promise<User> {
  const user: User = {
    name,
    role: role ?? "member",
    fullName: fullName ?? null,
    createdAt: isoTime(context.clock.now()),
    disabledAt: null,
    identity: null,
  };
  if (name === LOCAL_USER) throw taken(name);
  try {
    await context.store.users.insert(user);
  } catch (error) {
    if (error instanceof MoorageError && error.code === "CONFLICT") throw taken(name);
    throw error;
  }
  context.logger.info({ operation: "user.create", user: name, role: user.role }, "user added");
  return user;
}

export function listUsers({ context }: Call, query: PageQuery): Promise<Page<User>> {
  return context.store.users.list(query);
}

export async function getUser({ context }: Call, name: string): Promise<User> {
  return (await findUser(context, name)) ?? missing(name);
}

type Change = { readonly name: string; readonly role?: Role | undefined; readonly disabled?: boolean | undefined };

export async function updateUser({ context }: Call, { name, role, disabled }: Change): Promise<User> {
  if (name === LOCAL_USER) {
    throw new MoorageError("FORBIDDEN", `The user ${name} is whoever started Moorage, and stays an administrator.`, {
      hint: "Revoke single keys with `moorage key revoke`.",
    });
  }
  const before = (await findUser(context, name)) ?? missing(name);
  const disabledAt = disabled === true ? (before.disabledAt ?? isoTime(context.clock.now())) : null;
  const change = {
    ...(role === undefined ? {} : { role }),
    ...(disabled === undefined ? {} : { disabledAt }),
  };
  const user = (await context.store.users.update(name, change)) ?? missing(name);
  // Let in again later, they sign in again.
  if (user.disabledAt !== null) await context.store.logins.removeOf(name);
  context.logger.info({ operation: "user.update", user: name, ...change }, "user changed");
  return user;
}

export async function findUser({ store }: Pick<DomainContext, "store">, name: string): Promise<User | undefined> {
  return name === LOCAL_USER ? LOCAL : store.users.find(name);
}

export function missing(name: string): never {
  throw new MoorageError("NOT_FOUND", `There is no user "${name}".`, { hint: "List them with `moorage user ls`." });
}

function taken(name: string): MoorageError {
  return new MoorageError("CONFLICT", `There is a user "${name}" already.`, { hint: "Choose another name." });
}
