// Every pane: a press on [data-do] goes to Python as one event. `element` and `trigger` are Gradio's.
element.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button && !button.disabled) {
    trigger(button.dataset.on, { do: button.dataset.do, value: button.dataset.value });
  }
});
