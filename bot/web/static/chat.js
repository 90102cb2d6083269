// Makes the chat page quicker: sends without loading the page anew, waits out a lost connection, leaves at once.
// Everything here also works without it. Nothing is stored, and nothing is asked of another site.
"use strict";
(() => {
  const RETRY_AFTER = [1000, 3000, 6000];
  const PATIENCE = 15000;
  const LEAVE_FOR = "https://www.bbc.co.uk/weather";
  const log = document.getElementById("conversation");
  const typing = document.getElementById("typing");
  const write = document.getElementById("write");
  const box = document.getElementById("message");
  let busy = false;

  const say = (text) => { typing.textContent = text; };
  const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
  const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  function setBusy(state) {
    busy = state;
    for (const button of document.querySelectorAll("#write button, .replies button")) {
      button.setAttribute("aria-disabled", String(state));
    }
    box.readOnly = state;
    say(state ? "Signpost Leeds is looking…" : "");
  }

  async function post(text, key) {
    const stop = new AbortController();
    const timer = setTimeout(() => stop.abort(), PATIENCE);
    try {
      return await fetch("/messages", {
        method: "POST",
        body: new URLSearchParams({ text }),
        headers: { "X-Fragment": "lines", "Idempotency-Key": key, Accept: "application/problem+json, */*" },
        signal: stop.signal,
      });
    } finally {
      clearTimeout(timer);
    }
  }

  // The same key goes with every try, so that a message whose answer was lost on its way is not handled twice.
  async function postUntilAnswered(text) {
    const key = newKey();
    for (const pause of [...RETRY_AFTER, null]) {
      try {
        return await post(text, key);
      } catch {
        if (pause === null) return null;
        say("The connection was lost. Trying again…");
        await wait(pause);
      }
    }
    return null;
  }

  function showLines(html) {
    const lines = document.createRange().createContextualFragment(html);
    const first = lines.querySelector(".you, .us");
    log.append(lines);
    document.getElementById("forget").hidden = false;
    const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (first) first.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
  }

  async function problemText(answer) {
    try {
      const problem = await answer.json();
      return `${problem.title}. ${problem.detail}`;
    } catch {
      return "Something went wrong. If you need help now, ring 0113 376 0330, NHS 111, or 999 in danger.";
    }
  }

  async function send(text, fromBox) {
    if (busy) return;
    setBusy(true);
    const answer = await postUntilAnswered(text);
    setBusy(false);
    if (answer === null) {
      say("We could not reach the service. Your message was not lost: check your connection and send it again.");
    } else if (answer.ok) {
      if (fromBox) box.value = "";
      showLines(await answer.text());
    } else {
      say(await problemText(answer));
    }
    if (fromBox) box.focus({ preventScroll: true });
  }

  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.id === "leave") {
      event.preventDefault();
      leave();
    } else if (form === write) {
      event.preventDefault();
      if (box.value.trim()) send(box.value, true);
      else { say("Write what you need in a few words, then send it."); box.focus(); }
    } else if (form.classList.contains("replies") && event.submitter) {
      event.preventDefault();
      send(event.submitter.value, false);
    }
  });

  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      write.requestSubmit();
    }
  });

  // Leave: blank the page first, have the server forget in passing, and put the weather in place of this page.
  function leave() {
    document.body.classList.add("left");
    document.title = "Weather";
    fetch("/leave", { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
    location.replace(LEAVE_FOR);
  }

  let shifts = [];
  document.addEventListener("keyup", (event) => {
    const now = Date.now();
    shifts = event.key === "Shift" ? [...shifts.filter((then) => now - then < 5000), now] : [];
    if (shifts.length >= 3) leave();
  });

  window.addEventListener("offline", () => say("You are offline. You can go on writing, and send when you are back."));
  window.addEventListener("online", () => say(""));
})();
