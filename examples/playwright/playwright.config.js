import { defineConfig } from "@playwright/test";

export default defineConfig({
  testMatch: "*.spec.js",
  fullyParallel: true,
  workers: 2,
  reporter: "line",
  timeout: 30_000,
  // The browser of the system; leave it out to have Playwright's own.
  use: {
    actionTimeout: 5_000,
    launchOptions: { executablePath: process.env.CHROMIUM || undefined, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] },
  },
});
