import type { KeptCall, KeptCalls } from "../store.ts";
import type { Database } from "./database.ts";

const MOST_OF_AN_OWNER = 1000;

export function createKeptCallRows(database: Database): KeptCalls {
  const write = (sql: string, ...values: (string | number | null)[]): Promise<void> =>
    Promise.try(() => void database.unsynced(() => database.run(sql, ...values)));
  const insert = ({ owner, key, fingerprint, holder, answer }: KeptCall, now: string): void => {
    database.run(
      "INSERT INTO kept_calls (owner, key, fingerprint, holder, begun_at, answer) VALUES (?, ?, ?, ?, ?, ?)",
      ...[owner, key, fingerprint, holder, now, answer],
    );
    database.run(
      `DELETE FROM kept_calls WHERE owner = ? AND begun_at <
       (SELECT begun_at FROM kept_calls WHERE owner = ? ORDER BY begun_at DESC LIMIT 1 OFFSET ?)`,
      ...[owner, owner, MOST_OF_AN_OWNER - 1],
    );
  };
  return {
    begin: (call, now, since) =>
      Promise.try(() =>
        database.unsynced(() =>
          database.transaction(() => {
            database.run("DELETE FROM kept_calls WHERE begun_at < ?", since);
            const { owner, key } = call;
            const row = database.get("SELECT * FROM kept_calls WHERE owner = ? AND key = ?", owner, key);
            if (row === undefined) insert(call, now);
            return row === undefined ? undefined : { ...call, fingerprint: String(row["fingerprint"]), ...endOf(row) };
          }),
        ),
      ),
    end: (owner, key, answer) =>
      write("UPDATE kept_calls SET holder = NULL, answer = ? WHERE owner = ? AND key = ?", answer, owner, key),
    forget: (owner, key) => write("DELETE FROM kept_calls WHERE owner = ? AND key = ?", owner, key),
  };
}

function endOf(row: Readonly<Record<string, unknown>>): Pick<KeptCall, "holder" | "answer"> {
  return { holder: row["holder"] as string | null, answer: row["answer"] as string | null };
}
