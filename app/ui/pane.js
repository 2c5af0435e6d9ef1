// Every pane: a press on [data-do], or a choice in it, goes to Python as one event. `element` and `trigger` are Gradio's.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && !button.disabled) {
    trigger(button.dataset.on, { do: button.dataset.do, value: button.dataset.value });
  }
});
element.addEventListener("change", (event) => {
  const choice = event.target.closest("select[data-do]");
  if (!choice?.value) return;
  trigger(choice.dataset.on, { do: choice.dataset.do, value: choice.value });
  if (!choice.options[0].value) choice.selectedIndex = 0;
});
