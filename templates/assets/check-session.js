// Answers an app that asks whether its sign-in is still the one of this browser, Session Management 1.0 §3.2. It asks again and again, so the
// server is not asked: the answer is in a cookie, which changes when somebody signs in or out.
(() => {
  "use strict";
  const own = document.currentScript.dataset;

  // crypto.subtle is missing where a page came by http, so SHA-256 is here, FIPS 180-4.
  const primes = (count) => {
    const found = [];
    for (let n = 2; found.length < count; n++) if (found.every((p) => n % p)) found.push(n);
    return found;
  };
  const fraction = (x) => ((x - Math.floor(x)) * 2 ** 32) | 0;
  const first = primes(64);
  const start = first.slice(0, 8).map((p) => fraction(Math.sqrt(p)));
  const round = first.map((p) => fraction(Math.cbrt(p)));
  const right = (x, n) => (x >>> n) | (x << (32 - n));

  const sha256 = (text) => {
    const bytes = [...new TextEncoder().encode(text)];
    const bits = bytes.length * 8;
    bytes.push(0x80);
    while (bytes.length % 64 !== 56) bytes.push(0);
    for (const word of [Math.floor(bits / 2 ** 32), bits]) for (const shift of [24, 16, 8, 0]) bytes.push((word >>> shift) & 255);
    const state = [...start];
    for (let at = 0; at < bytes.length; at += 64) {
      const w = [];
      for (let i = 0; i < 64; i++) {
        if (i < 16) {
          w[i] = (bytes[at + 4 * i] << 24) | (bytes[at + 4 * i + 1] << 16) | (bytes[at + 4 * i + 2] << 8) | bytes[at + 4 * i + 3];
        } else {
          const s0 = right(w[i - 15], 7) ^ right(w[i - 15], 18) ^ (w[i - 15] >>> 3);
          const s1 = right(w[i - 2], 17) ^ right(w[i - 2], 19) ^ (w[i - 2] >>> 10);
          w[i] = (w[i - 16] + s0 + w[i - 7] + s1) | 0;
        }
      }
      let [a, b, c, d, e, f, g, h] = state;
      for (let i = 0; i < 64; i++) {
        const s1 = right(e, 6) ^ right(e, 11) ^ right(e, 25);
        const one = (h + s1 + ((e & f) ^ (~e & g)) + round[i] + w[i]) | 0;
        const s0 = right(a, 2) ^ right(a, 13) ^ right(a, 22);
        const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        [a, b, c, d, e, f, g, h] = [(one + two) | 0, a, b, c, (d + one) | 0, e, f, g];
      }
      [a, b, c, d, e, f, g, h].forEach((value, i) => { state[i] = (state[i] + value) | 0; });
    }
    return state.map((word) => (word >>> 0).toString(16).padStart(8, "0")).join("");
  };

  const browserState = () => {
    const pair = document.cookie.split("; ").find((pair) => pair.startsWith(`${own.cookie}=`));
    return pair ? pair.slice(own.cookie.length + 1) : "";
  };

  const answer = (data, origin) => {
    if (own.answer !== "honest") return own.answer;
    const asked = typeof data === "string" ? /^(.+) ([0-9a-f]{64})\.(\S+)$/.exec(data) : null;
    if (!asked) return "error";
    const [, client, hash, salt] = asked;
    return sha256(`${client} ${origin} ${browserState()} ${salt}`) === hash ? "unchanged" : "changed";
  };

  addEventListener("message", (event) => {
    if (!event.source || event.source === window || own.answer === "silent") return;
    event.source.postMessage(answer(event.data, event.origin), event.origin === "null" ? "*" : event.origin);
  });
})();
