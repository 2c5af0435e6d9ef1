// Boxes wait for their picture; the first box comes into sight; arrow keys turn pages, comma and full stop go through the citations; fit or full size.
// A list that is drawn anew stays where it was scrolled to; a form that opens is ready to be typed in.
let presses = "0", place = "", scrolled = 0;
element.addEventListener("scroll", (event) => {
  if (event.target.dataset?.place) [place, scrolled] = [event.target.dataset.place, event.target.scrollTop];
}, true);
const settle = () => {
  for (const picture of element.querySelectorAll(".page img")) {
    picture.parentElement.classList.toggle("loading", !picture.complete);
  }
  const pages = element.querySelector(".pages");
  const box = element.querySelector(".box");
  element.querySelector("[data-fields] [name]")?.focus();
  const list = element.querySelector("[data-place]");
  if (list && list.dataset.place === place) list.scrollTop = scrolled;
  if (!pages) return;
  const pressed = pages.dataset.presses !== presses;
  presses = pages.dataset.presses;
  if (window.matchMedia("(max-width: 900px)").matches) {
    if (pressed) (box ?? pages).scrollIntoView({ block: "center", behavior: "smooth" });
  } else if (box) {
    const shift = box.getBoundingClientRect().top - pages.getBoundingClientRect().top - pages.clientHeight / 3;
    pages.scrollBy({ top: shift, behavior: "smooth" });
  } else pages.scrollTo({ top: 0 });
};
watch("value", settle);
// Who chose what the next question is kept to wants to ask it.
element.addEventListener("click", (event) => {
  if (event.target.closest("[data-do=ask_heading]")) document.querySelector("#question textarea")?.focus();
});
element.addEventListener("load", (event) => event.target.closest?.(".page")?.classList.remove("loading"), true);
element.addEventListener("click", (event) => {
  if (!event.target.closest("[data-zoom]")) return;
  element.classList.toggle("full-size");
  element.querySelector(".box")?.scrollIntoView({ block: "center", inline: "center" });
});
document.addEventListener("keydown", (event) => {
  if (event.target.closest("input, textarea, select")) return;
  const way = { ArrowLeft: ".previous", ArrowRight: ".next", ",": ".cite_before", ".": ".cite_after" }[event.key];
  if (way) element.querySelector(way)?.click();
});
