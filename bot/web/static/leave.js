// "Exit this page": on every page, by the button, by the skip link or by Shift three times. Works without this too.
import { createAll, ExitThisPage, SkipLink } from "./govuk-frontend-6.6.0.min.js";

const LEAVE_FOR = "https://www.bbc.co.uk/weather";
const HIDE = "govuk-exit-this-page-hide-content";
const RETRY_AFTER = 2000;
// That somebody left in this tab: pages that were opened before then lead out again. Gone with the tab, or on a new visit.
const LEFT = "left";

function hasLeft() {
  try { return sessionStorage.getItem(LEFT) !== null; } catch { return false; /* A frame may have none. */ }
}

function leaveAgain() {
  if (!hasLeft()) return;
  document.body.classList.add(HIDE);
  location.replace(LEAVE_FOR);
}

// A new visit in a tab that was left. Without a connection the server was not told to forget: nothing is shown before it is.
async function forgetFirst() {
  if (!hasLeft()) return;
  document.body.classList.add(HIDE);
  try {
    await fetch("/leave", { method: "POST", redirect: "manual" });
    sessionStorage.removeItem(LEFT);
    location.reload();
  } catch {
    setTimeout(forgetFirst, RETRY_AFTER);
  }
}

if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") leaveAgain();
else forgetFirst();
addEventListener("pageshow", (event) => { if (event.persisted) leaveAgain(); });

// The component of GOV.UK Frontend, with two things changed: the page we leave is taken out of the browser's list of
// pages, and the server forgets in passing, so that nobody waits for it.
class LeaveAtOnce extends ExitThisPage {
  // Theirs shows a page again that somebody goes back to.
  resetPage() {
    if (!hasLeft()) super.resetPage();
  }

  exitPage() {
    document.body.classList.add(HIDE);
    document.title = "Weather";
    try { sessionStorage.clear(); } catch { /* A frame may have none. */ }
    const box = document.getElementById("message");
    if (box) box.value = "";
    fetch("/leave", { method: "POST", keepalive: true, redirect: "manual" }).catch(() => {});
    if (document.body.dataset.embedded !== undefined) {
      const id = document.querySelector("[name=conversation]")?.value ?? "";
      fetch("/forget", { method: "POST", keepalive: true, redirect: "manual", body: new URLSearchParams({ conversation: id }) }).catch(() => {});
      parent.postMessage("signpost:leave", "*");
      location.replace("about:blank");
      return;
    }
    try { sessionStorage.setItem(LEFT, "yes"); } catch { /* Then pages from before show an empty chat. */ }
    location.replace(LEAVE_FOR);
  }
}

document.body.classList.add("js-enabled", "govuk-frontend-supported");
createAll(LeaveAtOnce);
createAll(SkipLink);
