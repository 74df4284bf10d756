// A small app with a login: Node's own HTTP server, and openid-client for OpenID Connect.
//
//     ISSUER=http://localhost:7760 PORT=3000 node app.js
import { createServer } from "node:http";
import { randomUUID } from "node:crypto";
import * as oidc from "openid-client";

const issuer = new URL(process.env.ISSUER);
const port = Number(process.env.PORT ?? 3000);
const home = `http://localhost:${port}`;
const sessions = new Map();
// A provider on this machine is plain http; every other one must not be. Without TLS nothing but its signature vouches for an
// ID token, and openid-client looks at that only when it is asked to.
const execute = [oidc.allowInsecureRequests, oidc.enableNonRepudiationChecks];
const config = await oidc.discovery(issuer, "shop", "shop-secret", undefined, { execute });

const escape = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
// Cookies do not keep the ports of localhost apart, so the name does.
const cookie = `shop-${port}`;

function sessionOf(request, response) {
  let id = request.headers.cookie?.split("; ").find((pair) => pair.startsWith(`${cookie}=`))?.slice(cookie.length + 1);
  if (!sessions.has(id)) {
    id = randomUUID();
    sessions.set(id, {});
    response.setHeader("set-cookie", `${cookie}=${id}; HttpOnly; SameSite=Lax; Path=/`);
  }
  return sessions.get(id);
}

function page(response, status, html) {
  response.writeHead(status, { "content-type": "text/html; charset=utf-8" }).end(`<!doctype html><title>Shop</title>${html}`);
}

async function login(session, response) {
  const [verifier, state, nonce] = [oidc.randomPKCECodeVerifier(), oidc.randomState(), oidc.randomNonce()];
  session.login = { verifier, state, nonce };
  const to = oidc.buildAuthorizationUrl(config, {
    redirect_uri: `${home}/callback`,
    scope: "openid profile email",
    code_challenge: await oidc.calculatePKCECodeChallenge(verifier),
    code_challenge_method: "S256",
    state,
    nonce,
  });
  response.writeHead(302, { location: to.href }).end();
}

async function callback(session, url, response) {
  const { verifier, state, nonce } = session.login ?? {};
  delete session.login;
  try {
    const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce };
    const tokens = await oidc.authorizationCodeGrant(config, url, checks);
    const { sub } = tokens.claims();
    session.user = await oidc.fetchUserInfo(config, tokens.access_token, sub);
    response.writeHead(302, { location: "/" }).end();
  } catch (problem) {
    delete session.user;
    page(response, 403, `<h1>Sign-in failed</h1><p>${escape(problem.error ?? problem.message)}</p><a href="/">Back</a>`);
  }
}

createServer(async (request, response) => {
  const url = new URL(request.url, home);
  const session = sessionOf(request, response);
  if (url.pathname === "/login") return login(session, response);
  if (url.pathname === "/callback") return callback(session, url, response);
  if (url.pathname !== "/") return page(response, 404, "<h1>Not here</h1>");
  if (!session.user) return page(response, 200, '<p>Nobody is signed in.</p><a href="/login">Sign in</a>');
  page(response, 200, `<h1>Hello, ${escape(session.user.name ?? session.user.sub)}</h1>`);
}).listen(port, "localhost", () => console.log(home));
