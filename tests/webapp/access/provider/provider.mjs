// An OpenID provider on this machine: node provider.mjs PORT CALLBACK. Whoever says who they are is believed; the name gives the roles.
import { Provider } from "oidc-provider";

const [port, callback] = process.argv.slice(2);
const ROLES = { ann: ["analyst", "manager"], max: ["manager"], eve: ["cook"] };

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "clientele",
      client_secret: "a word between the two",
      redirect_uris: [callback],
      grant_types: ["authorization_code"],
      response_types: ["code"],
    },
  ],
  claims: { openid: ["sub", "roles"], email: ["email", "email_verified"], profile: ["preferred_username"] },
  pkce: { required: () => true },
  cookies: { keys: ["a key of this test"] },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, roles: ROLES[id], email: `${id}@example.com`, email_verified: true, preferred_username: id }),
  }),
});
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
