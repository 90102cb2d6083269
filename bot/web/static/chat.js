// Makes the chat page quicker: sends without loading the page anew, and waits out a lost connection.
// Everything here also works without it. Nothing is asked of another site.
import { CharacterCount, createAll, ErrorSummary, NotificationBanner } from "./govuk-frontend-6.6.0.min.js";

const RETRY_AFTER = [1000, 3000, 6000];
const PATIENCE = 20000;
const SAY_WAITING_AFTER = 4000;
const log = document.getElementById("conversation");
const typing = document.getElementById("typing");
const write = document.getElementById("write");
const box = document.getElementById("message");
const words = write.dataset;
const embedded = words.embedded === "yes";
let busy = false;
// What was sent without an answer: sent again with the same key, so that it cannot be handled twice.
let unsent = { text: "", key: "" };

const say = (text) => { typing.textContent = text; };
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const newKey = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
const lastLine = () => Math.max(0, ...Array.from(log.querySelectorAll("[data-line]"), (line) => Number(line.dataset.line)));

function setBusy(state) {
  busy = state;
  for (const button of document.querySelectorAll("#write button, .replies button")) {
    if (state) button.setAttribute("aria-disabled", "true");
    else button.removeAttribute("aria-disabled");
  }
  box.readOnly = state;
  say(state ? words.looking : "");
}

async function post(text, key) {
  const stop = new AbortController();
  const timers = [setTimeout(() => stop.abort(), PATIENCE), setTimeout(sayWaiting, SAY_WAITING_AFTER)];
  const fields = { text };
  if (embedded) fields.conversation = write.elements.conversation.value;
  try {
    const answer = await fetch("/messages", {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: {
        "X-Fragment": "lines", "X-Last-Line": String(lastLine()), "Idempotency-Key": key,
        Accept: "application/problem+json, */*",
      },
      signal: stop.signal,
    });
    // The words are part of the answer: a connection that breaks in their middle is a lost one.
    return {
      ok: answer.ok,
      conversation: answer.headers.get("X-Conversation"),
      began: answer.headers.has("X-Began"),
      forgotten: answer.headers.has("X-Forgotten"),
      words: await answer.text(),
    };
  } finally {
    timers.forEach(clearTimeout);
  }
}

// Says that there is a queue only if there is one.
async function sayWaiting() {
  try {
    const queue = await (await fetch("/queue")).json();
    if (busy && queue.waiting > 0) say(words.waiting);
  } catch { /* The message itself will say that the connection is lost. */ }
}

async function postUntilAnswered(text, key) {
  for (const pause of [...RETRY_AFTER, null]) {
    try {
      return await post(text, key);
    } catch {
      if (pause === null) return null;
      say(words.lost);
      await wait(pause);
      say(words.looking);
    }
  }
  return null;
}

function showLines(answer) {
  const lines = document.createRange().createContextualFragment(answer.words);
  const first = lines.querySelector(".you, .us");
  if (answer.forgotten) log.textContent = "";
  // The numbers of a conversation that is gone say nothing about the next one.
  if (answer.began) log.querySelectorAll("[data-line]").forEach((line) => line.removeAttribute("data-line"));
  log.append(lines);
  document.getElementById("forget").hidden = Boolean(answer.forgotten);
  if (typeof answer.conversation === "string") rememberInFrame(answer.conversation);
  if (answer.forgotten) forgetInFrame();
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  if (first) first.scrollIntoView({ block: "start", behavior: calm ? "auto" : "smooth" });
}

function showProblem(answer) {
  try {
    const problem = JSON.parse(answer.words);
    // Urgent help, where a message that is too long tells of danger.
    if (problem.lines) showLines({ words: problem.lines });
    say(`${problem.title}. ${problem.detail}`);
  } catch {
    say(words.wrong);
  }
}

async function send(text, fromBox) {
  if (busy) return;
  setBusy(true);
  if (unsent.text !== text) unsent = { text, key: newKey() };
  const answer = await postUntilAnswered(text, unsent.key);
  setBusy(false);
  if (answer === null) {
    say(words.unreached);
  } else {
    unsent = { text: "", key: "" };
    if (answer.ok) {
      if (fromBox) { box.value = ""; box.dispatchEvent(new Event("input")); }
      showLines(answer);
    } else {
      showProblem(answer);
    }
  }
  if (fromBox) box.focus({ preventScroll: true });
}

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form === write) {
    event.preventDefault();
    if (box.value.trim()) send(box.value, true);
    else { say(words.empty); box.focus(); }
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

// A frame on a partner's page has no cookies. What it keeps is gone when the tab is closed.
function rememberInFrame(conversation) {
  for (const field of document.querySelectorAll("[name=conversation]")) field.value = conversation;
  try { sessionStorage.setItem("conversation", conversation); } catch { /* Then a reload begins anew. */ }
}

function forgetInFrame() {
  try { sessionStorage.clear(); } catch { /* Nothing kept. */ }
}

async function restoreInFrame() {
  let conversation = null;
  try { conversation = sessionStorage.getItem("conversation"); } catch { /* Then there is nothing to restore. */ }
  // Some browsers put back what a hidden field held, but not the lines.
  if (!conversation || log.querySelector(".you")) return;
  const answer = await fetch("/embed/lines", { method: "POST", body: new URLSearchParams({ conversation }) }).catch(() => null);
  if (!answer?.ok) return;
  log.textContent = "";
  showLines({ words: await answer.text(), conversation });
}

window.addEventListener("offline", () => say(words.offline));
window.addEventListener("online", () => {
  if (unsent.text && unsent.text === box.value) send(box.value, true);
  else if (!busy) say("");
});

document.body.classList.add("js-enabled", "govuk-frontend-supported");
createAll(CharacterCount);
createAll(ErrorSummary);
createAll(NotificationBanner);
if (embedded) {
  document.getElementById("forget").addEventListener("submit", forgetInFrame);
  restoreInFrame();
}
