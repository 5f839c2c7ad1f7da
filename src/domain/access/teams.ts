import { isoTime } from "../../base/clock.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import type { Role, Team } from "../../contracts/types.ts";
import type { Page, PageQuery } from "../../store/store.ts";
import type { Call, DomainContext, Principal } from "../context.ts";
import { LOCAL_USER } from "./principal.ts";
import { isAdministrator, lowerRole } from "./rights.ts";
import { findUser, missing } from "./users.ts";

export async function createTeam({ context, principal }: Call, name: string): Promise<Team> {
  const members: Team["members"] = [{ user: principal.user, role: "admin" }];
  const team: Team = { name, createdAt: isoTime(context.clock.now()), members };
  try {
    if (name === LOCAL_USER) throw new MoorageError("CONFLICT", "It is the user of this machine.");
    await context.store.teams.insert(team);
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "CONFLICT") throw error;
    const message = `There is, or was, a team or a user "${name}" already.`;
    throw new MoorageError("CONFLICT", message, { hint: "Choose another name.", cause: error });
  }
  return team;
}

export function listTeams({ context, principal }: Call, query: PageQuery): Promise<Page<Team>> {
  return context.store.teams.list(isAdministrator(principal) ? undefined : principal.user, query);
}

export async function getTeam({ context, principal }: Call, name: string): Promise<Team> {
  const team = await context.store.teams.find(name);
  if (team === undefined) return noTeam(name);
  return isAdministrator(principal) || roleIn(team, principal) !== undefined ? team : noTeam(name);
}

type Change = {
  readonly name: string;
  readonly user: string;
  readonly role?: Role | undefined;
  readonly remove?: boolean | undefined;
};

export async function updateTeam(call: Call, { name, user, role = "member", remove = false }: Change): Promise<Team> {
  const { context } = call;
  await requireTeamAdmin(call, name, remove ? user : undefined);
  const known = await findUser(context, user);
  if (known === undefined && !remove) return missing(user);
  const team = await context.store.teams.update(name, ({ members }) => {
    const others = members.filter((member) => member.user !== user);
    if (remove && others.length === members.length) {
      throw new MoorageError("NOT_FOUND", `There is no member "${user}" of the team "${name}".`);
    }
    const after = remove ? others : [...others, { user, role }];
    if (after.some((member) => member.role === "admin")) return after.toSorted((a, b) => (a.user < b.user ? -1 : 1));
    throw new MoorageError("CONFLICT", `${user} is the last administrator of the team "${name}".`, {
      hint: `Make another one with \`moorage team update ${name} USER --role admin\` first.`,
    });
  });
  return team ?? noTeam(name);
}

export async function deleteTeam(call: Call, name: string): Promise<Team> {
  const team = await requireTeamAdmin(call, name);
  if (await call.context.store.teams.dissolve(name)) return team;
  throw new MoorageError("CONFLICT", `The team "${name}" has something still.`, {
    hint: "Remove its sandboxes, snapshots, volumes, networks, images and contexts first, and wait for what runs.",
  });
}

/** The principal as it acts for a team of theirs: with the role that they have there, but never more than their own. */
export async function asTeam(context: DomainContext, principal: Principal, name: string): Promise<Principal> {
  const { agent, owner, role } = principal;
  if (name === owner) return principal;
  const team = agent ? undefined : await context.store.teams.find(name);
  const there = team === undefined ? undefined : roleIn(team, principal);
  if (there === undefined) return noTeam(name);
  // Whoever sees to a team sees to no server.
  return { ...principal, owner: name, role: lowerRole(role, lowerRole(there, "member")) };
}

async function requireTeamAdmin(call: Call, name: string, leaver?: string): Promise<Team> {
  const team = await getTeam(call, name);
  const { principal } = call;
  const may = isAdministrator(principal) || leaver === principal.user || roleIn(team, principal) === "admin";
  if (may) return team;
  throw new MoorageError("FORBIDDEN", `Only administrators of the team "${name}" may change it.`);
}

function roleIn({ members }: Team, { user }: Principal): Role | undefined {
  return members.find((member) => member.user === user)?.role;
}

function noTeam(name: string): never {
  throw new MoorageError("NOT_FOUND", `You are in no team "${name}".`, { hint: "List yours with `moorage team ls`." });
}
