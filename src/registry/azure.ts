import { z } from "zod";
import type { RegistryAuth } from "../base/registry-auth.ts";
import { Secret } from "../base/secret.ts";
import { requestToken, textMember } from "./request-token.ts";
import type { Surroundings } from "./surroundings.ts";

const Reply = z.object({ refresh_token: z.string().min(1) });

/** A registry of Azure's by a token of Entra ID, which the registry itself exchanges for one of its own. */
export async function azureAuth(
  { host, token, tenant }: { readonly host: string; readonly token: Secret; readonly tenant: string | undefined },
  surroundings: Surroundings,
): Promise<RegistryAuth> {
  const body = new URLSearchParams({ grant_type: "access_token", service: host, access_token: token.reveal() });
  if (tenant !== undefined) body.set("tenant", tenant);
  const reply = await requestToken(
    {
      url: `${surroundings.endpoints.azure ?? `https://${host}`}/oauth2/exchange`,
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: body.toString(),
      server: `The registry ${host}`,
      reason: (text) => textMember(text, "error"),
    },
    Reply,
    surroundings,
  );
  return { host, identityToken: new Secret(reply.refresh_token) };
}
