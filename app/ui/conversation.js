// The newest question stays in sight while its answer grows; Enter that ends an input method's word asks nothing.
let turns = 0;
watch("value", () => {
  const all = element.querySelectorAll(".turn");
  if (all.length !== turns) {
    turns = all.length;
    all[turns - 1]?.scrollIntoView({ block: "start", behavior: "smooth" });
  }
});
document.addEventListener(
  "keydown",
  (event) => {
    if (event.key === "Enter" && (event.isComposing || event.keyCode === 229)) event.stopImmediatePropagation();
  },
  true,
);
