"use strict";
(() => {
  const TYPE = "application/vnd.ecs-scale-to-zero.status+json";
  // Statuses of a load balancer or proxy that reached no target. Every other answer comes from the application.
  const NO_TARGET = [429, 502, 503, 504];
  const MOST_FAILURES = 8;
  const element = (id) => document.getElementById(id);
  const { status: first, words, title } = JSON.parse(element("data").textContent);
  const address = Object.assign(new URL(location.href), { search: "", hash: "", username: "", password: "" });
  let status = first;
  let seen = performance.now();
  let failures = 0;
  let timer = 0;

  // If this page is the answer to the button's POST, a reload would otherwise send the POST again.
  history.replaceState(history.state, "");

  const duration = (seconds) => {
    if (seconds < 90) return `${seconds}\u00a0s`;
    const rest = seconds % 60;
    return `${(seconds - rest) / 60}\u00a0min` + (rest ? `\u00a0${rest}\u00a0s` : "");
  };
  const say = (id, text) => {
    const spoken = element(id);
    if (spoken.textContent !== text) spoken.textContent = text;
  };
  const fill = (sentence, values) => sentence.replace(/{(\w+)}/g, (_, name) => duration(values[name]));

  const moving = () => {
    const { state, elapsed_seconds, usual_seconds: usual, retry_after } = status;
    const passed = (performance.now() - seen) / 1000;
    const bar = element("progress");
    let done = state === "ready" ? 1 : null;
    let light = { ready: 1, waking: 0.3 }[state] ?? 0.16;
    let times = "";
    if ((state === "waking" || state === "failed") && elapsed_seconds !== null) {
      const elapsed = Math.floor(elapsed_seconds + passed);
      const overdue = usual && elapsed >= usual;
      times = fill(!usual ? words.started : overdue ? words.started_overdue : words.started_usual, { elapsed, usual });
      if (state === "waking" && usual) {
        light = overdue ? 0.92 : 0.16 + 0.76 * (elapsed / usual);
        if (!overdue) done = elapsed / usual;
      }
    }
    if (state === "backoff") {
      const retry = Math.ceil(retry_after - passed);
      times = retry > 0 ? fill(words.retry_in, { retry }) : words.retry_now;
    }
    bar.hidden = state !== "waking" && state !== "ready";
    if (done === null) bar.removeAttribute("value");
    else bar.value = done;
    document.documentElement.style.setProperty("--light", light.toFixed(3));
    say("times", times);
  };

  const show = (next) => {
    status = next;
    seen = performance.now();
    const { state, cause } = status;
    const { heading, message } = words.sayings[state];
    element("page").dataset.state = state;
    document.title = `${heading} · ${title}`;
    say("heading", heading);
    say("message", message);
    say("cause", cause);
    element("why").hidden = !cause;
    element("wake").hidden = state !== "needs_confirmation";
    element("again").hidden = !["asleep", "failed", "backoff", "unavailable"].includes(state);
    say("again", state === "asleep" ? words.wake : words.again);
    moving();
  };

  // Reload at least two seconds after this page was loaded, so that it is never reloaded in a fast loop.
  const open = () => {
    show({ ...status, state: "ready", cause: "" });
    setTimeout(() => location.reload(), Math.max(0, 2000 - performance.now()));
  };

  const later = (seconds) => {
    if (!seconds) return;
    timer = setTimeout(poll, Math.max(1, seconds, document.hidden ? 15 : 0) * 1000);
  };

  const poll = async () => {
    timer = 0;
    let noTarget = false;
    try {
      const answer = await fetch(address, {
        headers: { Accept: TYPE },
        cache: "no-store",
        credentials: "same-origin",
        redirect: "manual",
        signal: AbortSignal.timeout(10000),
      });
      if (answer.headers.get("content-type")?.split(";")[0].trim() === TYPE) {
        const next = await answer.json();
        if (next.state === "ready") return open();
        show(next);
        failures = 0;
        return later(next.poll_after_seconds);
      }
      noTarget = NO_TARGET.includes(answer.status);
      if (!noTarget) return open();
    } catch {
      // The browser is offline, or the answer cannot be read: the code below retries.
    }
    failures += 1;
    if (failures < MOST_FAILURES) return later(Math.min(30, 2 ** failures));
    if (noTarget) return open();
    show({ ...status, state: "unavailable", cause: "" });
  };

  document.addEventListener("visibilitychange", () => {
    if (document.hidden || !timer) return;
    clearTimeout(timer);
    poll();
  });
  addEventListener("online", () => timer || failures < MOST_FAILURES || ((failures = 0), poll()));
  show(first);
  setInterval(moving, 1000);
  later(first.poll_after_seconds);
})();
