import type { z } from "zod";
import { CreatedKey, Key, RevokedKey, TokenCheck, User, Whoami } from "../../contracts/access.ts";
import { page } from "../../contracts/primitives.ts";
import { keyValues } from "../output/key-values.ts";
import { labelled, successLine } from "../output/message.ts";
import { table } from "../output/table.ts";
import { bytesCell, NOTHING, timeCell } from "./cells.ts";
import { view } from "./view.ts";

/** The key alone, for a script. */
export const keyCreated = view(CreatedKey, ({ key, owner, expiresAt }) => {
  const until = expiresAt === null ? "never expires" : `expires at ${timeCell(expiresAt)}`;
  return { out: `${key}\n`, success: `Made a key of ${owner}, which ${until}. It is shown this once.` };
});

export const keyList = view(page(Key), ({ items }, layout) => {
  if (items.length === 0) return { note: "no keys; make one with `moorage key create`." };
  const columns = [
    { header: "ID", whole: true },
    { header: "NAME" },
    { header: "OWNER" },
    { header: "ROLE", whole: true },
    { header: "STATE" },
    { header: "LAST USED" },
  ];
  const rows = items.map((key) => [
    ...[key.id, key.name, key.owner, key.role],
    ...[stateOf(key), key.lastUsedAt === null ? NOTHING : timeCell(key.lastUsedAt)],
  ]);
  return { out: table(columns, rows, layout) };
});

export const keyDetails = view(Key, (key, layout) => ({
  out: keyValues(
    [
      ["Id", key.id],
      ["Name", key.name],
      ["Owner", key.agent ? `${key.owner}, an agent` : key.owner],
      ["Role", key.role],
      ["Scopes", scopesCell(key.scopes)],
      ["Limits", limitsCell(key.limits)],
      ["Made by", key.madeBy === null ? key.createdBy : `${key.createdBy}, with the key ${key.madeBy}`],
      ["Created", timeCell(key.createdAt)],
      ["Last used", key.lastUsedAt === null ? NOTHING : timeCell(key.lastUsedAt)],
      ["State", stateOf(key)],
    ],
    layout,
  ),
}));

export const keyRevoked = view(RevokedKey, ({ id, name, alsoRevoked }) => {
  const also = alsoRevoked.length === 0 ? "" : ` Revoked with it, for it made them: ${alsoRevoked.join(", ")}.`;
  return { success: `Revoked the key ${id} (${name}).${also}` };
});

export const userList = view(page(User), ({ items }, layout) => {
  if (items.length === 0) return { note: "no users but you; add one with `moorage user create`." };
  const columns = [
    { header: "NAME", whole: true },
    { header: "ROLE", whole: true },
    { header: "FULL NAME" },
    { header: "CREATED" },
    { header: "STATE" },
  ];
  const rows = items.map(({ name, role, fullName, createdAt, disabledAt }) => [
    ...[name, role, fullName ?? NOTHING, timeCell(createdAt)],
    disabledAt === null ? "active" : `disabled since ${timeCell(disabledAt)}`,
  ]);
  return { out: table(columns, rows, layout) };
});

export const whoami = view(Whoami, ({ owner, agent, role, scopes, keyId, limits }, layout) => ({
  out: keyValues(
    [
      ["Owner", agent ? `${owner}, an agent` : owner],
      ["Role", role],
      ["Scopes", scopesCell(scopes)],
      ["Limits", limitsCell(limits)],
      ["Key", keyId ?? "none: this is the local socket, a token, or no server"],
    ],
    layout,
  ),
}));

export const tokenCheck = view(TokenCheck, ({ ok, checks, owner, role }, layout) => {
  const lines = checks.map(({ check, ok: passed, told }) => {
    const label = passed ? { label: "✔ ", paint: layout.style.green } : { label: "✖ ", paint: layout.style.red };
    return labelled(label, `${check}: ${told}`, layout);
  });
  const verdict = ok
    ? successLine(`The token opens this server for ${owner ?? NOTHING}, with the role ${role ?? NOTHING}.`, layout)
    : labelled({ label: "✖ ", paint: layout.style.red }, "The token does not open this server.", layout);
  return { out: `${lines.join("")}\n${verdict}` };
});

function stateOf({ revokedAt, expiresAt }: z.output<typeof Key>): string {
  if (revokedAt !== null) return `revoked at ${timeCell(revokedAt)}`;
  return expiresAt === null ? "never expires" : `until ${timeCell(expiresAt)}`;
}

function scopesCell(scopes: z.output<typeof Key>["scopes"]): string {
  return scopes === null ? "all" : scopes.join(", ");
}

function limitsCell(limits: z.output<typeof Key>["limits"]): string {
  const given = Object.entries(limits ?? {}).map(([name, value = 0]) =>
    name.endsWith("Bytes") ? `${name.slice(0, -5)} ${bytesCell(value)}` : `${name} ${value}`,
  );
  return given.length === 0 ? NOTHING : given.join(", ");
}
