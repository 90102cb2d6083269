// Signpost Leeds on a partner's page: <script src="https://.../embed.js" async></script> where the chat shall be.
// Attributes: data-height (default "640px"), data-language (for example "pl"), data-title (the name of the frame).
(() => {
  "use strict";
  const script = document.currentScript;
  const home = new URL(script.src).origin;
  const frame = document.createElement("iframe");
  const language = script.dataset.language;
  frame.src = home + "/embed" + (language ? "?language=" + encodeURIComponent(language) : "");
  frame.title = script.dataset.title || "Signpost Leeds: find help near you";
  frame.loading = "lazy";
  frame.referrerPolicy = "no-referrer";
  // The chat cannot touch the page around it, which in turn cannot read the chat.
  frame.sandbox = "allow-scripts allow-forms allow-same-origin allow-popups allow-popups-to-escape-sandbox";
  Object.assign(frame.style, { border: "0", width: "100%", height: script.dataset.height || "640px" });
  script.after(frame);
  // "Exit this page" inside the frame leaves the whole page.
  addEventListener("message", (event) => {
    if (event.source !== frame.contentWindow || event.origin !== home || event.data !== "signpost:leave") return;
    document.documentElement.hidden = true;
    location.replace("https://www.bbc.co.uk/weather");
  });
})();
