// A new question comes to the top, its answer grows below it.
let turns = 0;
watch("value", () => {
  const all = element.querySelectorAll(".turn");
  if (all.length !== turns) {
    turns = all.length;
    all[turns - 1]?.scrollIntoView({ block: "start", behavior: "smooth" });
  }
});
