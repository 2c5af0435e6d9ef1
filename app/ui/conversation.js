// What was opened stays open when the conversation is drawn anew.
const open = new Set();
element.addEventListener("toggle", ({ target }) => {
  if (target.isConnected) open[target.open ? "add" : "delete"](target.dataset.key);
}, true);
let conversation = "";
watch("value", () => {
  const shown = element.querySelector("[data-conversation]")?.dataset.conversation ?? conversation;
  if (conversation && shown !== conversation) open.clear();
  conversation = shown;
  for (const one of element.querySelectorAll("details[data-key]")) one.open = open.has(one.dataset.key);
});
// A new question comes to the top, its answer grows below it.
let turns = 0;
watch("value", () => {
  const all = element.querySelectorAll(".turn");
  if (all.length !== turns) {
    turns = all.length;
    all[turns - 1]?.scrollIntoView({ block: "start", behavior: "smooth" });
  }
});
// A sentence and its citations light up together.
const light = (event, on) => {
  const turn = event.target.closest(".turn");
  const sentence = event.target.closest(".sentence");
  const card = event.target.closest(".card");
  if (!turn || (!sentence && !card)) return;
  const markers = sentence ? sentence.dataset.markers.split(" ") : [card.dataset.marker];
  for (const one of turn.querySelectorAll(".card")) one.classList.toggle("lit", on && markers.includes(one.dataset.marker));
  for (const one of turn.querySelectorAll(".sentence")) {
    one.classList.toggle("lit", on && one.dataset.markers.split(" ").some((marker) => marker && markers.includes(marker)));
  }
};
element.addEventListener("mouseover", (event) => light(event, true));
element.addEventListener("mouseout", (event) => light(event, false));
// A reload goes on with the conversation that was open, once the empty page is there in the language that was chosen: two
// replies at once may cross.
const OPEN = "recto-conversation";
let last = localStorage.getItem(OPEN);
watch("value", () => {
  const shown = element.querySelector("[data-conversation]");
  const chosen = localStorage.getItem("recto-language");
  const crosses = last && chosen && (shown?.dataset.language ?? chosen) !== chosen;
  if (!shown || crosses) return;
  if (last && !shown.dataset.conversation) trigger("click", { do: "resume", value: last });
  else localStorage.setItem(OPEN, shown.dataset.conversation);
  last = "";
});
// A slash goes to the question, Escape stops the answer.
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") document.querySelector("#question .stop-button")?.click();
  if (event.key !== "/" || event.target.closest("input, textarea, select")) return;
  event.preventDefault();
  document.querySelector("#question textarea")?.focus();
});
