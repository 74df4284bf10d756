import { test, expect } from "./standin.js";

test("one click on a person", async ({ page, app, standin }) => {
  await page.goto(app);
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByTestId("person-bob").click();
  await expect(page.getByRole("heading")).toHaveText(/Hello, Bob/);
  await standin.expect("userinfo_read", { client: "shop", user: "bob" });
});

test("the username and password form", async ({ page, app, standin }) => {
  await page.goto(`${app}/login`);
  await page.getByLabel("Username").fill("alice@example.com");
  await page.getByLabel("Password").fill("whatever");
  await page.getByTestId("sign-in").click();
  await expect(page.getByRole("heading")).toHaveText("Hello, Alice Adams");
});

test("no page at all", async ({ page, app, standin }) => {
  await standin.nextLogin({ as: "alice", claims: { name: "Somebody Else" } });
  await page.goto(`${app}/login`);
  await expect(page.getByRole("heading")).toHaveText("Hello, Somebody Else");
});

test("whoever says no is told so", async ({ page, app, standin }) => {
  await standin.nextLogin({ fail: "access_denied" });
  await page.goto(`${app}/login`);
  await expect(page.getByText("access_denied")).toBeVisible();
});

for (const word of ["bad-nonce", "bad-sig", "expired", "wrong-aud", "wrong-iss", "alg-none", "bad-state", "wrong-sub"]) {
  test(`${word} is not believed`, async ({ page, app, standin }) => {
    await page.goto(`${app}/login`);
    await page.getByLabel("Username").fill(`alice+${word}@example.com`);
    await page.getByTestId("sign-in").click();
    await expect(page.getByRole("heading")).toHaveText("Sign-in failed");
  });
}

test("the same browser, another realm: tests that run at once do not meet", async ({ page, app, standin }) => {
  await standin.fault("idt.nonce.wrong", { times: 1 });
  await standin.nextLogin({ as: "alice" });
  await page.goto(`${app}/login`);
  await expect(page.getByRole("heading")).toHaveText("Sign-in failed");
  await standin.nextLogin({ as: "alice" });
  await page.goto(`${app}/login`);
  await expect(page.getByRole("heading")).toHaveText("Hello, Alice Adams");
});
