import { QuotaName } from "../../contracts/quota.ts";
import type { Quotas, QuotaSet } from "../../contracts/types.ts";
import type { OwnQuotas, Page, PageQuery } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { targetUser } from "./keys.ts";
import { isAdministrator } from "./rights.ts";

/** Only administrators are told of others, and whether there are some. */
export async function getQuotas(call: Call, user: string | undefined): Promise<Quotas> {
  const { name } = await quotaHolder(call, user);
  return quotasOf(call.context, name);
}

export async function listQuotas({ context }: Call, query: PageQuery): Promise<Page<Quotas>> {
  const { items, nextCursor } = await context.store.quotas.list(query);
  return { items: await Promise.all(items.map(({ user }) => quotasOf(context, user))), nextCursor };
}

/** What is taken already stays, also where it is more than is allowed from now on. */
export async function setQuotas(
  call: Call,
  { user, unlimited = [], reset = false, ...given }: QuotaSet,
): Promise<Quotas> {
  const { context } = call;
  const { name } = await quotaHolder(call, user);
  const values = Object.entries(given).flatMap(([quota, value]) =>
    value === undefined ? [] : [[quota, value] as const],
  );
  const lifted = unlimited.map((quota) => [quota, null] as const);
  const change: OwnQuotas = Object.fromEntries<number | null>([...values, ...lifted]);
  await context.store.quotas.set(name, (before) => ({ ...(reset ? {} : before), ...change }));
  context.logger.info({ operation: "quota.set", user: name, reset, ...change }, "quotas set");
  return quotasOf(context, name);
}

/** A user, or a team: what it has counts for itself. */
async function quotaHolder(call: Call, user: string | undefined): Promise<{ readonly name: string }> {
  const { context, principal } = call;
  const name = user ?? (principal.agent ? principal.user : principal.owner);
  const isTheirs = name === principal.owner || isAdministrator(principal);
  return (isTheirs ? await context.store.teams.find(name) : undefined) ?? targetUser(call, name);
}

async function quotasOf({ store }: DomainContext, user: string): Promise<Quotas> {
  const [own = {}, allowed, use] = await Promise.all([
    ...([store.quotas.own(user), store.quotas.allowed(user), store.quotas.use(user)] as const),
  ]);
  const quotas = QuotaName.options.map((quota) => ({
    quota,
    used: quota === "requestsPerMinute" ? null : use[quota],
    allowed: allowed[quota] ?? null,
    own: quota in own,
  }));
  return { user, quotas };
}
