// "Exit this page" on the pages that residents see: blank at once, then away. Without this the link leads away too.
(() => {
  "use strict";
  const LEAVE = "/leave";
  const WITHIN = 5000;
  // That somebody left in this tab: pages that were opened before then lead out again. Gone with the tab, or on a new visit.
  const LEFT = "left";
  let presses = [];

  function leave() {
    document.body.replaceChildren();
    document.title = "Weather";
    try { sessionStorage.setItem(LEFT, "yes"); } catch { /* Then going back shows the pages from before. */ }
    // In place of this page, so that going back does not lead here.
    location.replace(LEAVE);
  }

  function leaveAgain() {
    try { if (!sessionStorage.getItem(LEFT)) return; } catch { return; }
    leave();
  }

  if (performance.getEntriesByType("navigation")[0]?.type === "back_forward") leaveAgain();
  else try { sessionStorage.removeItem(LEFT); } catch { /* There is none to remove. */ }
  addEventListener("pageshow", (event) => { if (event.persisted) leaveAgain(); });

  addEventListener("click", (event) => {
    if (!event.target.closest?.(`a[href="${LEAVE}"]`)) return;
    event.preventDefault();
    leave();
  });
  addEventListener("keydown", (event) => {
    if (event.repeat) return;
    // Shift that helps to type a capital letter does not count.
    presses = event.key === "Shift" ? [...presses.filter((time) => event.timeStamp - time < WITHIN), event.timeStamp] : [];
    if (presses.length === 3) leave();
  });
})();
