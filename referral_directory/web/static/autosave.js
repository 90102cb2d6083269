// Keeps what is typed in a form on the server while it is typed, so that a lost connection loses nothing.
// The page works the same without it. Nothing is kept in the browser, and nothing is asked of another site.
(() => {
  "use strict";
  const PAUSE = 2000;
  const AT_LATEST = 10000;
  const PATIENCE = 15000;
  const RETRY = { first: 2000, last: 60000 };
  // What a browser sends after a page is gone may be 64 kB long.
  const MOST_ON_LEAVING = 60000;
  const form = document.querySelector("form[data-autosave]");
  const line = document.querySelector("[data-autosave-line]");
  const signIn = document.querySelector("[data-autosave-sign-in]");
  if (!form || !line || !signIn) return;

  const token = () => form.querySelector("[name=csrf_token]");
  const read = () => {
    const fields = new FormData(form);
    fields.delete("csrf_token");
    return new URLSearchParams(fields).toString();
  };
  const wait = (milliseconds) => { clearTimeout(timer); timer = setTimeout(save, milliseconds); };
  const say = (text, signedOut = false) => {
    // The same words again would be read aloud again.
    if (line.textContent !== text) line.textContent = text;
    signIn.hidden = !signedOut;
  };

  let kept = read();
  let unsafe = false;
  let refused = "";
  let typingSince = 0;
  let delay = RETRY.first;
  let timer = 0;
  let sending = Promise.resolve();
  let wantsToSend = false;
  let isWaiting = false;
  let isAllowed = false;
  let isGoing = false;

  // Sends what was typed, one request after the other. True if nothing of it can be lost any more by going on.
  function save() {
    sending = sending.then(() => send(false));
    return sending;
  }

  async function send(isLeaving) {
    clearTimeout(timer);
    typingSince = 0;
    const typed = read();
    if (typed === kept) return settle();
    if (typed === refused) return true;
    let answer;
    try {
      answer = await post(typed, isLeaving);
      if (answer.status === 403 && await renewToken()) answer = await post(typed, isLeaving);
      if (answer.ok) {
        const { saved_at: time } = await answer.json();
        return succeed(typed, time);
      }
    } catch {
      return fail("no connection");
    }
    if (answer.status === 401) return fail("you are signed out, sign in again with the link below", true);
    if (answer.status === 429 || answer.status >= 500) return fail("the directory does not answer");
    return refuse(typed, answer);
  }

  function post(typed, isLeaving) {
    const body = new URLSearchParams(typed);
    body.set("csrf_token", token().value);
    return fetch(form.dataset.autosave, {
      method: "POST",
      body,
      headers: { accept: "application/json" },
      cache: "no-store",
      redirect: "error",
      keepalive: isLeaving && body.toString().length < MOST_ON_LEAVING,
      signal: AbortSignal.timeout(PATIENCE),
    });
  }

  // Whoever signed in again in another tab has a new token: it stands in this page as it is now.
  async function renewToken() {
    const page = await fetch(location.href, {
      headers: { accept: "text/html, application/json" },
      cache: "no-store",
      signal: AbortSignal.timeout(PATIENCE),
    });
    if (!page.ok || page.redirected) return false;
    const found = (await page.text()).match(/name="csrf_token" value="([0-9a-f]+)"/);
    if (!found || found[1] === token().value) return false;
    for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = found[1];
    return true;
  }

  // Nothing is left to save: it was taken back, or only the button's own turn had no connection.
  function settle() {
    if (unsafe && !isWaiting && navigator.onLine) {
      unsafe = false;
      say(wantsToSend ? "The connection is back. Now press the button again." : "");
      wantsToSend = false;
    }
    return true;
  }

  function succeed(typed, time) {
    kept = typed;
    unsafe = false;
    refused = "";
    delay = RETRY.first;
    say(`Saved at ${time}${wantsToSend && !isWaiting ? ". Now press the button again." : ""}`);
    wantsToSend = false;
    return true;
  }

  function fail(cause, signedOut = false) {
    unsafe = true;
    const [what, then] = wantsToSend
      ? ["Not sent", "and press the button again when it says Saved"]
      : ["Not saved", "it is tried again"];
    say(`${what}: ${cause}. Keep this page open, ${then}.`, signedOut);
    wait(delay);
    delay = Math.min(delay * 2, RETRY.last);
    return false;
  }

  // Trying again would change nothing: the form's own button says more.
  async function refuse(typed, answer) {
    refused = typed;
    unsafe = true;
    const { detail } = await answer.json().catch(() => ({}));
    say(`Not saved: ${detail || "it was refused."}`);
    return true;
  }

  form.addEventListener("input", () => {
    typingSince ||= Date.now();
    wait(Math.max(0, Math.min(PAUSE, typingSince + AT_LATEST - Date.now())));
  });
  form.addEventListener("focusout", save);
  addEventListener("online", save);
  addEventListener("focus", () => { if (unsafe) save(); });
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden") send(true);
    else if (unsafe) save();
  });
  addEventListener("beforeunload", (event) => {
    if (unsafe && !isGoing && read() !== kept) event.preventDefault();
  });

  // A form that is sent off into a dead line takes the page along: so what is in it is kept first.
  form.addEventListener("submit", (event) => {
    if (isAllowed || (navigator.onLine && read() === kept)) {
      clearTimeout(timer);
      isGoing = true;
      return;
    }
    event.preventDefault();
    if (isWaiting) return;
    const button = event.submitter;
    wantsToSend = true;
    if (!navigator.onLine) {
      fail("no connection");
      return;
    }
    isWaiting = true;
    save().then((isSafe) => {
      isWaiting = false;
      if (!isSafe) return;
      isAllowed = true;
      form.requestSubmit(button);
      isAllowed = false;
    });
  });
})();
