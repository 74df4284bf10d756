// A Playwright fixture: each worker has a realm of its own, and the app that runs there.
import { test as base, expect } from "@playwright/test";
import { spawn } from "node:child_process";
import { once } from "node:events";

const url = process.env.STANDIN_URL;
const headers = { "content-type": "application/json" };
if (process.env.STANDIN_CONTROL_TOKEN) headers.authorization = `Bearer ${process.env.STANDIN_CONTROL_TOKEN}`;

async function call(method, path, body) {
  const answer = await fetch(`${url}/_control/v1${path}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok) {
    const problem = JSON.parse(text);
    throw new Error([problem.field, problem.detail, ...(problem.near_misses ?? [])].filter(Boolean).join("\n  "));
  }
  return text ? JSON.parse(text) : undefined;
}

class Realm {
  constructor(name) {
    this.below = `/realms/${name}`;
  }
  nextLogin = (login) => call("POST", `${this.below}/next-logins`, login);
  fault = (name, more = {}) => call("POST", `${this.below}/faults`, { name, ...more });
  expect = (event, where, more = {}) => call("POST", `${this.below}/expect`, { event, where, within: "5s", ...more });
  reset = () => call("POST", `${this.below}/reset`, { keep: [] });
}

export const test = base.extend({
  // One for each worker.
  realm: [
    async ({}, use, info) => {
      const name = `playwright-${process.pid}-${info.workerIndex}`;
      const { issuer } = await call("POST", "/realms", { name, ttl: "1h" });
      await use(Object.assign(new Realm(name), { issuer }));
      await call("DELETE", `/realms/${name}`);
    },
    { scope: "worker" },
  ],
  app: [
    async ({ realm }, use, info) => {
      const port = 4300 + info.parallelIndex;
      const app = spawn(process.execPath, ["app.js"], { env: { ...process.env, ISSUER: realm.issuer, PORT: String(port) } });
      app.stderr.pipe(process.stderr);
      await once(app.stdout, "data");
      await use(`http://localhost:${port}`);
      app.kill();
    },
    { scope: "worker" },
  ],
  // One for each test: the realm as it was at the start.
  standin: async ({ realm }, use) => {
    await realm.reset();
    await use(realm);
  },
});

export { expect };
